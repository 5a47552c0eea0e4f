// The shortlist, kept in this browser as a decision record. Whoever has something to keep tells it:
//   document.dispatchEvent(new CustomEvent('sidebyside:keep', { detail: { answer, history } }))    or { match }
// "sidebyside:shortlist" tells that it has changed.
const STORE = 'sidebyside.shortlist';
const note = element.querySelector('.kept-note');

const read = () => { try { return JSON.parse(localStorage.getItem(STORE)) || null; } catch { return null; } };
const tell = () => document.dispatchEvent(new CustomEvent('sidebyside:shortlist'));

function store(record) {
  try {
    if (record) localStorage.setItem(STORE, JSON.stringify(record)); else localStorage.removeItem(STORE);
  } catch {
    say('This browser has no room left for the shortlist; download the record and empty it.');
    return;
  }
  tell();
}

let fading;
function say(text) {
  note.textContent = text;
  note.hidden = false;
  clearTimeout(fading);
  fading = setTimeout(() => { note.hidden = true; }, 6000);
}

async function add(body) {
  const before = read();
  const answer = await fetch('api/record', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...body, ...(before ? { record: before } : { title: '' }) }),
  });
  const made = await answer.json();
  if (!answer.ok) throw new Error(made.detail);
  // What was written meanwhile is newer than what was sent.
  const now = read();
  store(now ? { ...made, title: now.title || made.title, taken: now.taken, why: now.why, own: now.own } : made);
  return made;
}

const sameAnswer = (kept, asked, earlier) => kept.asked === asked && JSON.stringify(kept.earlier) === JSON.stringify(earlier);

// One after the other: each adds to what the one before has made.
let last = Promise.resolve();
document.addEventListener('sidebyside:keep', (event) => {
  const { answer, match, artifact, history = [] } = event.detail;
  const earlier = answer ? history.map(([question]) => question) : [];
  const asked = answer?.question ?? match?.need;
  const record = read();
  if (asked && record?.answers.some((kept) => sameAnswer(kept, asked, earlier))) {
    store({ ...record, answers: record.answers.filter((kept) => !sameAnswer(kept, asked, earlier)) });
    say('Taken off the shortlist.');
    return;
  }
  const body = answer ? { answers: [answer], history } : match ? { matches: [match] } : { artifacts: [artifact] };
  last = last.then(() => add(body)).then((made) => {
    const count = made.answers.length + made.artifacts.length;
    say(`Kept: ${count} on the shortlist, in this browser.`);
  }).catch((error) => { say(`Not kept: ${error.message}`); tell(); });
});

// --- Turns of the Ask tab: their data as the transcript has it, and the state of their button. --------------------------

function turns() {
  return [...document.querySelectorAll('#past .turn, #live .turn')].map((turn) => {
    try { return { turn, data: JSON.parse(turn.querySelector('.turn-data')?.textContent || 'null') }; } catch { return { turn, data: null }; }
  });
}

function before(place, all) {
  return all.slice(0, place).filter(({ data }) => data?.answer).map(({ data }) => [data.question, '']);
}

document.addEventListener('click', (event) => {
  const button = event.target.closest?.('.turn button[data-action="keep"]');
  if (!button) return;
  const all = turns();
  const place = all.findIndex(({ turn }) => turn === button.closest('.turn'));
  const answer = all[place]?.data?.answer;
  if (answer) document.dispatchEvent(new CustomEvent('sidebyside:keep', { detail: { answer, history: before(place, all) } }));
});

function mark() {
  const kept = read()?.answers || [];
  const all = turns();
  all.forEach(({ turn, data }, place) => {
    const button = turn.querySelector('button[data-action="keep"]');
    if (!button || !data?.answer) return;
    const earlier = before(place, all).map(([question]) => question);
    const pressed = String(kept.some((item) => sameAnswer(item, data.answer.question, earlier)));
    if (button.getAttribute('aria-pressed') !== pressed) button.setAttribute('aria-pressed', pressed);
  });
}

let marking = 0;
const soon = () => { cancelAnimationFrame(marking); marking = requestAnimationFrame(mark); };
document.addEventListener('sidebyside:shortlist', soon);
document.addEventListener('sidebyside:turn', soon);
// Another window of this browser has changed it.
addEventListener('storage', (event) => { if (event.key === STORE) tell(); });
// A rating draws a turn anew, and its button with it.
function follow(tries = 100) {
  const parts = [...document.querySelectorAll('#past, #live')];
  if (parts.length < 2) { if (tries) setTimeout(() => follow(tries - 1), 100); return; }
  parts.forEach((part) => new MutationObserver(soon).observe(part, { subtree: true, childList: true }));
  soon();
}
follow();
