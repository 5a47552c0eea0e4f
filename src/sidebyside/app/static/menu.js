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
  const turns = id ? turnsOf(id) : [];
  trigger('restore', { turns });
  tellAddress(turns.at(-1)?.question || '');
  render();
  if (!turns.length) focusComposer();
}

// What is on screen stands in the address (shell.js).
function tellAddress(q, replace = false) {
  document.dispatchEvent(new CustomEvent('sidebyside:asked', { detail: { q, conversation: current, replace } }));
}

// The first thing one does is ask; a keyboard that slides up unasked would hide the rest.
function focusComposer(tries = 20) {
  if (matchMedia('(pointer: coarse)').matches) return;
  const box = document.querySelector('#question textarea');
  if (box?.offsetParent) { if ([document.body, element, null].includes(document.activeElement) || element.contains(document.activeElement)) box.focus({ preventScroll: true }); }
  else if (tries) setTimeout(() => focusComposer(tries - 1), 100);
}

// Bring a question into view that has been asked before; ask it where it has not.
function go(q, preferred) {
  const has = (id) => turnsOf(id).some((turn) => turn?.question === q);
  const id = [preferred, current, ...conversations().map((item) => item.id)].find((other) => other && has(other));
  if (!id) {
    choose('');
    trigger('option_select', { question: q });
    render();
    return;
  }
  const number = turnsOf(id).findLastIndex((turn) => turn?.question === q) + 1;
  if (id !== current || !document.getElementById(`turn-${number}`)) show(id);
  if (number < turnsOf(id).length) reach(`turn-${number}`);
}

function reach(id, tries = 30) {
  const turn = document.getElementById(id);
  if (turn) setTimeout(() => turn.scrollIntoView({ block: 'start' }), 60);
  else if (tries) setTimeout(() => reach(id, tries - 1), 100);
}

document.addEventListener('sidebyside:go', (event) => {
  const { q, conversation } = event.detail;
  if (q) go(q, conversation);
  else if (conversation !== current) show(conversations().some((item) => item.id === conversation) ? conversation : '');
});

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
  if (fresh) tellAddress(turn.question);
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

// Deleting is at once and can be taken back for a while.
let forget;
function remove(item) {
  const place = conversations().findIndex((other) => other.id === item.id);
  const turns = localStorage.getItem(PREFIX + item.id);
  const shown = item.id === current;
  drop(item.id);
  if (shown) show(''); else render();
  document.getElementById('undo')?.remove();
  clearTimeout(forget);
  const bar = document.createElement('p');
  bar.id = 'undo';
  bar.setAttribute('role', 'status');
  const words = document.createElement('span');
  words.textContent = `Deleted “${item.title}”`;
  const close = () => { const held = bar.contains(document.activeElement); bar.remove(); if (held) summary.focus(); };
  bar.append(words, button('Undo', `Undo: keep ${item.title}`, () => {
    clearTimeout(forget);
    const list = conversations();
    list.splice(place, 0, item);
    if (turns !== null) localStorage.setItem(PREFIX + item.id, turns);
    localStorage.setItem(LIST, JSON.stringify(list));
    close();
    if (shown) show(item.id); else render();
  }));
  document.querySelector('.gradio-container .contain').append(bar);
  bar.querySelector('button').focus({ preventScroll: true });
  forget = setTimeout(close, 12000);
}

const menu = element.querySelector('.menu-list');
// Wide screens have room for the list: it stands beside the conversation and stays.
const wide = matchMedia('(min-width: 1200px)');
const close = () => { if (!wide.matches) menu.open = false; };
const fit = () => { menu.open = wide.matches; };
wide.addEventListener('change', fit);
fit();
const summary = menu.querySelector('summary');
summary.addEventListener('click', (event) => { if (wide.matches) event.preventDefault(); });

function render() {
  const list = conversations();
  summary.textContent = list.length ? `Conversations (${list.length})` : 'Conversations';
  const rows = list.map((item) => {
    const row = document.createElement('li');
    const open = button(item.title, `Open ${item.title}`, () => { close(); show(item.id); });
    open.className = 'menu-open';
    if (item.id === current) open.setAttribute('aria-current', 'true');
    row.append(
      open,
      button('Rename', `Rename ${item.title}`, () => rename(item, row)),
      button('Delete', `Delete ${item.title}`, () => remove(item)),
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
  close();
  show('');
  document.querySelector('#question textarea')?.focus();
});
// The path, not the tree: what was clicked may already have been replaced.
document.addEventListener('click', (event) => { if (!event.composedPath().includes(menu)) close(); });
menu.addEventListener('keydown', (event) => { if (event.key === 'Escape' && menu.open && !wide.matches) { event.preventDefault(); close(); summary.focus(); } });

// Escape stops the running answer, wherever the focus is.
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.defaultPrevented) document.querySelector('#stop:not(.hidden)')?.click();
});

if (!conversations().some((item) => item.id === current)) current = '';
const linked = new URLSearchParams(location.search).get('q')?.trim();
if (linked) go(linked, current); else show(current);

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
