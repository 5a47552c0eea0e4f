// Runs once per transcript: `element` is its root, `trigger` tells the server, `watch` sees every new rendering.
const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
const opened = new Set();

function openCard(link) {
  const card = document.getElementById(link.dataset.cite);
  if (!card) return;
  const toggle = card.closest('.evidence').querySelector('.evidence-toggle');
  toggle.setAttribute('aria-expanded', 'true');
  element.querySelectorAll('.card[open]').forEach((other) => { if (other !== card) other.open = false; });
  document.querySelectorAll('.cite.chosen').forEach((other) => other.classList.remove('chosen'));
  link.classList.add('chosen');
  card.open = true;
  const summary = card.querySelector('summary');
  summary.focus({ preventScroll: true });
  card.scrollIntoView({ block: 'nearest', behavior: still ? 'auto' : 'smooth' });
}

function editQuestion(turn) {
  const heading = turn.querySelector('.question');
  const box = document.createElement('textarea');
  box.className = 'edit-box';
  box.value = heading.textContent;
  box.rows = 2;
  box.setAttribute('aria-label', 'Edit the question, then press Enter; Escape leaves it as it was');
  const done = (ask) => {
    const question = box.value.trim();
    box.remove();
    heading.hidden = false;
    if (ask && question) trigger('edit', { question });
  };
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') done(false);
    if (event.key === 'Enter' && !event.shiftKey) { event.preventDefault(); done(true); }
  });
  heading.hidden = true;
  heading.after(box);
  box.focus();
}

async function copyAnswer(button) {
  const text = button.closest('.turn').querySelector('template.copy-text').content.textContent;
  await navigator.clipboard.writeText(text);
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = 'Copy'; }, 1500);
}

element.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-cite]');
  if (link) { event.preventDefault(); openCard(link); return; }
  const button = event.target.closest('button[data-action]');
  if (!button) return;
  const action = button.dataset.action;
  if (action === 'ask') trigger('option_select', { question: button.dataset.question });
  else if (action === 'retry') trigger('retry', {});
  else if (action === 'edit') editQuestion(button.closest('.turn'));
  else if (action === 'copy') copyAnswer(button);
  else if (action === 'up' || action === 'down') trigger('like', { turn: Number(button.dataset.turn), rating: action });
  else if (action === 'evidence') {
    button.setAttribute('aria-expanded', String(button.getAttribute('aria-expanded') !== 'true'));
  }
});

// A new rendering drops what the reader has opened; put it back.
element.addEventListener('toggle', (event) => {
  if (!event.target.id) return;
  if (event.target.open) opened.add(event.target.id); else opened.delete(event.target.id);
}, true);

let shown = '';
watch('value', () => {
  opened.forEach((id) => { const card = document.getElementById(id); if (card) card.open = true; });
  const turn = element.querySelector('.turn:last-child');
  if (element.closest('#live') && turn && turn.dataset.turn !== shown) {
    shown = turn.dataset.turn;
    opened.clear();
    turn.scrollIntoView({ block: 'start', behavior: still ? 'auto' : 'smooth' });
  }
});
