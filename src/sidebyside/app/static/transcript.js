// Runs once per transcript: `element` is its root, `trigger` tells the server, `watch` sees every new rendering.
const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
const motion = still ? 'auto' : 'smooth';
const opened = new Set();
const kept = new Map();
// How tall the rows of the answer being written are: its cells change, its rows stay where they are.
const heights = new Map();
let lastShown = '';
let growing = '';

// --- Chips of "Understood as ...": what is removed, added or exchanged is asked at once. -------------------------------

const chipValues = (chips, kind) => [...chips.querySelectorAll(`[data-kind="${kind}"] [data-value]`)].map((chip) => chip.dataset.value);

// The kind of chip that was last changed: the answer that follows shows its chips too, with the focus where it was.
let changed = '';

function askChips(chips, kind) {
  changed = kind;
  chips.closest('.turn').classList.add('stale');
  chips.querySelectorAll('button').forEach((button) => { button.disabled = true; });
  const said = { intent: chips.dataset.intent };
  for (const kind of ['artifacts', 'criteria', 'conditions']) said[kind] = chipValues(chips, kind);
  trigger('correct', said);
}

let names;
function artifactNames() {
  names ||= fetch('sidebyside/names.json').then((answer) => answer.json()).then((found) => {
    const list = document.createElement('datalist');
    list.id = 'artifact-names';
    list.append(...found.map((name) => Object.assign(document.createElement('option'), { value: name })));
    document.body.append(list);
  }).catch(() => { names = undefined; });
  return names;
}

function editChip(button) {
  const chip = button.closest('.chip');
  const group = chip.closest('[data-kind]');
  const adding = chip.classList.contains('more');
  const before = chip.dataset.value || '';
  const box = document.createElement('input');
  box.className = 'chip-input';
  box.maxLength = 120;
  box.value = before;
  box.setAttribute('aria-label', `${button.getAttribute('aria-label')}. Enter asks, Escape leaves it as it was.`);
  if (group.dataset.kind === 'artifacts') { artifactNames(); box.setAttribute('list', 'artifact-names'); }
  const content = [...chip.childNodes];
  const leave = (ask) => {
    const value = box.value.trim();
    chip.replaceChildren(...content);
    if (!ask || !value || value === before) { content[0].focus?.(); return; }
    if (adding) {
      const fresh = document.createElement('li');
      fresh.dataset.value = value;
      chip.before(fresh);
    } else chip.dataset.value = value;
    askChips(chip.closest('.chips'), group.dataset.kind);
  };
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    leave(event.key === 'Enter');
  });
  // A name picked from the list is meant; anything else waits for Enter.
  box.addEventListener('input', (event) => { if (event.inputType === 'insertReplacementText' || !event.inputType) leave(true); });
  box.addEventListener('blur', () => { if (box.isConnected) leave(false); });
  chip.replaceChildren(box);
  box.focus();
  box.select();
}

function removeChip(button) {
  const chips = button.closest('.chips');
  const { kind } = button.closest('[data-kind]').dataset;
  button.closest('.chip').remove();
  askChips(chips, kind);
}

function backToChips(turn) {
  const more = turn?.querySelector(`[data-kind="${changed}"] .more button:not(:disabled)`);
  if (!turn?.matches('.turn-waiting, .turn-writing')) changed = '';
  if (!more) return;
  if ([document.body, null].includes(document.activeElement)) {
    more.focus({ preventScroll: true });
    more.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
}

// --- The rest ----------------------------------------------------------------------------------------------------------

function editQuestion(turn) {
  if (turn.querySelector('.edit-box')) return;
  const heading = turn.querySelector('.question');
  const box = document.createElement('textarea');
  box.className = 'edit-box';
  box.value = heading.textContent;
  box.rows = 2;
  box.setAttribute('aria-label', 'Edit the question. Enter asks it, Escape leaves it as it was.');
  const leave = (ask) => {
    const question = box.value.trim();
    box.remove();
    heading.hidden = false;
    if (ask && question) trigger('edit', { question });
    else turn.querySelector('.action-edit')?.focus();
  };
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') leave(false);
    if (event.key === 'Enter' && !event.shiftKey) { event.preventDefault(); leave(true); }
  });
  heading.hidden = true;
  heading.after(box);
  box.focus();
}

async function copyAnswer(button) {
  const text = button.closest('.turn').querySelector('.copy-text').textContent;
  let words = 'Copied';
  try { await navigator.clipboard.writeText(text); } catch { words = 'The browser does not allow copying'; }
  button.textContent = words;
  setTimeout(() => { button.textContent = 'Copy'; }, 1800);
}

function toggle(button) {
  const open = button.getAttribute('aria-expanded') !== 'true';
  button.setAttribute('aria-expanded', String(open));
  if (open) opened.add(button.id); else opened.delete(button.id);
}

const actions = {
  ask: (button) => trigger('option_select', { question: button.dataset.question }),
  retry: () => trigger('retry', {}),
  edit: (button) => editQuestion(button.closest('.turn')),
  copy: copyAnswer,
  up: (button) => trigger('like', { turn: Number(button.dataset.turn), rating: 'up', note: '' }),
  down: (button) => trigger('like', { turn: Number(button.dataset.turn), rating: 'down', note: '' }),
  rows: toggle,
  exchange: editChip,
  more: editChip,
  remove: removeChip,
};

element.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-cite]');
  if (link) { event.preventDefault(); openQuote(link); return; }
  const button = event.target.closest('button[data-action]');
  if (button) { actions[button.dataset.action]?.(button); return; }
  // Anywhere in a cell will do for a pointer; the keyboard has the chip.
  const cell = event.target.closest('td.cell');
  const first = cell?.querySelector('a[data-cite]');
  if (first && getSelection().isCollapsed) openQuote(first);
});

element.addEventListener('submit', (event) => {
  const form = event.target.closest('form.note-form');
  if (!form) return;
  event.preventDefault();
  const note = form.elements.note.value.trim();
  if (note) trigger('like', { turn: Number(form.dataset.turn), rating: '', note });
});

// A new rendering drops what the reader has opened; put it back.
element.addEventListener('toggle', (event) => {
  if (!event.target.id) return;
  if (event.target.open) opened.add(event.target.id); else opened.delete(event.target.id);
}, true);

// Finished turns go to the conversation menu, which keeps them in this browser.
function keepFinished() {
  element.querySelectorAll('.turn').forEach((turn) => {
    const data = turn.querySelector('.turn-data')?.textContent;
    if (!data || kept.get(turn.id) === data) return;
    kept.set(turn.id, data);
    document.dispatchEvent(new CustomEvent('sidebyside:turn', { detail: { number: Number(turn.dataset.turn), data } }));
  });
}

// Texts become shorter as the model writes them: lead and rows keep the height they had, so that nothing jumps.
function keepHeights(turn) {
  if (!turn || (!turn.matches('.turn-writing') && growing !== turn.dataset.key)) return;
  if (growing !== turn.dataset.key) { growing = turn.dataset.key; heights.clear(); }
  turn.querySelectorAll('.direct, .grid tbody tr').forEach((part, place) => {
    const tallest = heights.get(place) || 0;
    if (part.offsetHeight < tallest) part.style.cssText = part.matches('tr') ? `height: ${tallest}px` : `min-height: ${tallest}px`;
    heights.set(place, Math.max(tallest, part.offsetHeight));
  });
}
addEventListener('resize', () => {
  growing = '';
  element.querySelectorAll('.direct, .grid tbody tr').forEach((part) => { part.style.cssText = ''; });
});

watch('value', () => {
  const turn = element.querySelector('.turn:last-child');
  const key = turn ? turn.dataset.key : '';
  if (key !== lastShown && element.closest('#live')) {
    lastShown = key;
    opened.clear();
    if (changed) opened.add(`${turn?.id}-understood`);
    document.querySelector('#quote:popover-open')?.hidePopover();
    element.querySelectorAll('[open]').forEach((other) => { other.open = false; });
    element.querySelectorAll('.edit-box').forEach((box) => box.remove());
    if (turn?.classList.contains('turn-waiting')) turn.scrollIntoView({ block: 'start', behavior: motion });
    // Back from the last visit: the latest turn is where reading goes on.
    else if (turn && Number(turn.dataset.turn) > 1) turn.scrollIntoView({ block: 'start' });
  }
  opened.forEach((id) => {
    const part = document.getElementById(id);
    if (part?.tagName === 'DETAILS') part.open = true; else part?.setAttribute('aria-expanded', 'true');
  });
  if (changed) backToChips(turn);
  keepHeights(turn);
  keepFinished();
});
