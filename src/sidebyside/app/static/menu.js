// Conversations, kept in this browser: one entry each in localStorage, the one on screen named in sessionStorage.
const LIST = 'sidebyside.conversations';
const PREFIX = 'sidebyside.conversation.';
const CURRENT = 'sidebyside.current';
const MOST = 40;

const read = (key, otherwise) => { try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; } };
const conversations = () => read(LIST, []).filter((item) => item && typeof item.id === 'string');
const turnsOf = (id) => read(PREFIX + id, []);
let current = sessionStorage.getItem(CURRENT) || localStorage.getItem(CURRENT) || '';

function drop(id) {
  localStorage.removeItem(PREFIX + id);
  localStorage.setItem(LIST, JSON.stringify(conversations().filter((item) => item.id !== id)));
}

function store(id, turns) {
  // A full store gives up its oldest conversations first.
  for (;;) {
    try { localStorage.setItem(PREFIX + id, JSON.stringify(turns)); return; } catch (error) {
      const oldest = conversations().filter((item) => item.id !== id).at(-1);
      if (!oldest) return;
      drop(oldest.id);
    }
  }
}

function choose(id) {
  current = id;
  sessionStorage.setItem(CURRENT, id);
  localStorage.setItem(CURRENT, id);
}

function show(id) {
  choose(id);
  trigger('restore', { turns: id ? turnsOf(id) : [] });
  render();
}

document.addEventListener('sidebyside:turn', (event) => {
  const { number, data } = event.detail;
  const turn = JSON.parse(data);
  if (!current) choose(crypto.randomUUID());
  const turns = turnsOf(current);
  const fresh = turns[number - 1]?.id !== turn.id;
  turns[number - 1] = turn;
  // A retried or edited question takes the place of what it replaces.
  if (fresh) turns.length = number;
  store(current, turns.filter(Boolean));
  const others = conversations();
  const known = others.find((item) => item.id === current);
  const entry = known || { id: current, title: turn.question.slice(0, 80) };
  const list = fresh ? [entry, ...others.filter((item) => item.id !== current)] : others;
  list.slice(MOST).forEach((item) => localStorage.removeItem(PREFIX + item.id));
  localStorage.setItem(LIST, JSON.stringify(list.slice(0, MOST)));
  render();
});

function button(text, label, act) {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = text;
  made.setAttribute('aria-label', label);
  made.addEventListener('click', act);
  return made;
}

function rename(item, row) {
  const box = document.createElement('input');
  box.value = item.title;
  box.maxLength = 80;
  box.setAttribute('aria-label', 'New name. Enter keeps it, Escape leaves it as it was.');
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    const title = box.value.trim();
    if (event.key === 'Enter' && title) {
      const list = conversations().map((other) => (other.id === item.id ? { ...other, title } : other));
      localStorage.setItem(LIST, JSON.stringify(list));
    }
    render();
    summary.focus();
  });
  row.replaceChildren(box);
  box.focus();
}

const menu = element.querySelector('.menu-list');
const summary = menu.querySelector('summary');

function render() {
  const list = conversations();
  summary.textContent = list.length ? `Conversations (${list.length})` : 'Conversations';
  const rows = list.map((item) => {
    const row = document.createElement('li');
    const open = button(item.title, `Open ${item.title}`, () => { menu.open = false; show(item.id); });
    open.className = 'menu-open';
    if (item.id === current) open.setAttribute('aria-current', 'true');
    row.append(
      open,
      button('Rename', `Rename ${item.title}`, () => rename(item, row)),
      button('Delete', `Delete ${item.title}`, () => {
        drop(item.id);
        if (item.id === current) show(''); else render();
        summary.focus();
      }),
    );
    return row;
  });
  if (!rows.length) {
    const empty = document.createElement('li');
    empty.className = 'menu-empty';
    empty.textContent = 'Your conversations are kept in this browser and nowhere else.';
    rows.push(empty);
  }
  menu.querySelector('ul').replaceChildren(...rows);
}

element.querySelector('[data-action="new"]').addEventListener('click', () => {
  menu.open = false;
  show('');
  document.querySelector('#question textarea')?.focus();
});
// The path, not the tree: what was clicked may already have been replaced.
document.addEventListener('click', (event) => { if (!event.composedPath().includes(menu)) menu.open = false; });
menu.addEventListener('keydown', (event) => { if (event.key === 'Escape') { menu.open = false; summary.focus(); } });

// Escape stops the running answer, wherever the focus is.
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.defaultPrevented && !menu.open) document.querySelector('#stop:not(.hidden)')?.click();
});

show(conversations().some((item) => item.id === current) ? current : '');

// The server can be stopped while the page stays open. Ask now and then whether it is there; after a restart it knows
// nothing of this page, so load it again: the conversation is kept here.
let known = '';
async function look() {
  try {
    const answer = await fetch('gradio_api/app_id', { cache: 'no-store' });
    const id = String((await answer.json()).app_id);
    if (known && id !== known) location.reload();
    known = id;
    document.getElementById('gone')?.remove();
  } catch {
    if (document.getElementById('gone')) return;
    const note = document.createElement('p');
    note.id = 'gone';
    note.setAttribute('role', 'alert');
    note.textContent = 'The server has stopped. Start it with: sidebyside chat. This page finds it by itself.';
    document.body.append(note);
  }
}
look();
setInterval(look, 4000);
