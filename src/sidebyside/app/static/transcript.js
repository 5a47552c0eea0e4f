// Runs once per transcript: `element` is its root, `trigger` tells the server, `watch` sees every new rendering.
const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
const motion = still ? 'auto' : 'smooth';
const opened = new Set();
const kept = new Map();
let lastShown = '';

function openCard(link) {
  const card = document.getElementById(link.dataset.cite);
  if (!card) return;
  const drawer = card.closest('.evidence').querySelector('.evidence-toggle');
  if (drawer.getAttribute('aria-expanded') !== 'true') toggle(drawer);
  element.querySelectorAll('.card[open]').forEach((other) => { if (other !== card) other.open = false; });
  document.querySelectorAll('.cite.chosen').forEach((other) => other.classList.remove('chosen'));
  link.classList.add('chosen');
  card.open = true;
  card.querySelector('summary').focus({ preventScroll: true });
  requestAnimationFrame(() => (card.querySelector('mark') || card).scrollIntoView({ block: 'nearest', behavior: motion }));
}

function editQuestion(turn) {
  if (turn.querySelector('.edit-box')) return;
  const heading = turn.querySelector('.question');
  const box = document.createElement('textarea');
  box.className = 'edit-box';
  box.value = heading.textContent;
  box.rows = 2;
  box.maxLength = 2000;
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
  evidence: toggle,
  rows: toggle,
};

element.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-cite]');
  if (link) { event.preventDefault(); openCard(link); return; }
  const button = event.target.closest('button[data-action]');
  if (button) actions[button.dataset.action]?.(button);
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

watch('value', () => {
  const turn = element.querySelector('.turn:last-child');
  const key = turn ? turn.dataset.key : '';
  if (key !== lastShown && element.closest('#live')) {
    lastShown = key;
    opened.clear();
    element.querySelectorAll('[open]').forEach((other) => { other.open = false; });
    element.querySelectorAll('.edit-box').forEach((box) => box.remove());
    if (turn?.classList.contains('turn-waiting')) turn.scrollIntoView({ block: 'start', behavior: motion });
  }
  opened.forEach((id) => {
    const part = document.getElementById(id);
    if (part?.tagName === 'DETAILS') part.open = true; else part?.setAttribute('aria-expanded', 'true');
  });
  keepFinished();
});
