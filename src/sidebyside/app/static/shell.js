// The page around its tabs: what is shown stands in the address, Back leads back, and arrow keys go from tab to tab.
const TABS = {
  Ask: '', Match: 'match', 'Side by side': 'sides', Shortlist: 'shortlist', Library: 'library', Models: 'models', Feedback: 'feedback',
};
const tabs = () => [...document.querySelectorAll('#tabs [role="tablist"] [role="tab"]')];
const selected = () => tabs().find((tab) => tab.getAttribute('aria-selected') === 'true');
const keyOf = (tab) => TABS[tab?.textContent.trim()] ?? '';
// What the Ask tab shows: the question of its last turn, and the conversation it stands in.
let asked = { q: '', conversation: '' };
// Set while the page follows the address, so that following it writes no new entry.
let led = true;

const matched = () => document.querySelector('#match-view .match')?.dataset.link || '';
const comparison = () => document.querySelector('#sides-links a')?.getAttribute('href')?.slice(1) || '';

function wanted() {
  const key = keyOf(selected());
  if (key === 'sides') return comparison() || 'tab=sides';
  if (key === 'match') return matched() || 'tab=match';
  if (key) return `tab=${key}`;
  return asked.q ? new URLSearchParams({ q: asked.q }).toString() : '';
}

function write(replace) {
  const query = wanted();
  const state = { conversation: asked.conversation };
  if (query === location.search.slice(1)) { history.replaceState(state, ''); return; }
  // Other weights are the same comparison.
  const names = (text) => new URLSearchParams(text).getAll('compare').join('\n');
  const same = names(query) && names(query) === names(location.search);
  history[replace || led || same ? 'replaceState' : 'pushState'](state, '', query ? `?${query}` : location.pathname);
}

function choose(key) {
  const tab = tabs().find((other) => keyOf(other) === key);
  if (tab && tab !== selected()) tab.click();
}

document.addEventListener('sidebyside:asked', (event) => {
  asked = { q: event.detail.q, conversation: event.detail.conversation };
  // Before the page has settled, the address still says what it was opened for.
  if (!led && keyOf(selected()) === '') write(event.detail.replace);
});

// Other wishes are another match: Back leads to the one before.
document.addEventListener('sidebyside:matched', () => { if (!led && keyOf(selected()) === 'match') write(false); });

addEventListener('popstate', (event) => {
  const query = new URLSearchParams(location.search);
  led = true;
  setTimeout(() => { led = false; }, 400);
  if (query.has('compare')) {
    const shown = new URLSearchParams(comparison()).getAll('compare');
    if (shown.join('\n') !== query.getAll('compare').join('\n')) { location.reload(); return; }
    choose('sides');
    return;
  }
  if (query.get('tab') === 'sides' && comparison()) document.dispatchEvent(new CustomEvent('sidebyside:compare', { detail: { names: [] } }));
  if (query.get('tab') === 'match' && matched() && location.search.slice(1) !== matched()) { location.reload(); return; }
  choose(query.get('tab') || '');
  if (query.has('tab')) return;
  const go = { q: query.get('q') || '', conversation: event.state?.conversation || '' };
  asked = go;
  document.dispatchEvent(new CustomEvent('sidebyside:go', { detail: go }));
});

// The bar of tabs comes a moment after this component.
function begin() {
  const list = document.querySelector('#tabs [role="tablist"]');
  if (!list) { setTimeout(begin, 50); return; }
  let last = selected();
  new MutationObserver(() => {
    const now = selected();
    if (!now || now === last) return;
    last = now;
    write(false);
    if (keyOf(now) === 'sides') followComparison();
  }).observe(list, { subtree: true, attributes: true, attributeFilter: ['aria-selected'] });
  followComparison();
  settle();
}

// The link to the comparison on screen is the address of it; the tab is drawn when it is first opened.
let followed;
function followComparison(tries = 50) {
  const links = document.querySelector('#sides-links');
  if (links === followed && links) return;
  if (!links) { if (tries) setTimeout(() => followComparison(tries - 1), 100); return; }
  followed = links;
  new MutationObserver(() => { if (keyOf(selected()) === 'sides') write(false); })
    .observe(links, { subtree: true, childList: true, attributes: true, attributeFilter: ['href'] });
  if (keyOf(selected()) === 'sides') write(false);
}

// What the page was opened for is led by the address; from then on the address follows the page.
const first = new URLSearchParams(location.search);
const opened = first.has('compare') ? 'sides' : first.get('tab') || '';
function settle(tries = 150) {
  const there = keyOf(selected()) === opened || !Object.values(TABS).includes(opened);
  if (tries && !(there && document.querySelector('.hero:not(.opening), .turn'))) { setTimeout(() => settle(tries - 1), 100); return; }
  write(true);
  led = false;
}

document.addEventListener('keydown', (event) => {
  const tab = event.target.closest?.('#tabs [role="tab"]');
  if (!tab || event.defaultPrevented) return;
  const all = tabs().filter((other) => other.offsetParent);
  const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -all.indexOf(tab), End: all.length - 1 - all.indexOf(tab) };
  if (!(event.key in steps)) return;
  event.preventDefault();
  const next = all[(all.indexOf(tab) + steps[event.key] + all.length) % all.length];
  next.focus();
  next.click();
});

begin();
