// The Shortlist tab: draws what keeper.js has stored, takes the reader's words, and downloads or replays the record.
const STORE = 'sidebyside.shortlist';
const EMPTY = { kind: 'sidebyside-record', format: 1, title: '', answers: [], artifacts: [], taken: '', why: '', own: [], pages: [], created: '', product: '' };
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const status = part('status');

const read = () => { try { return { ...EMPTY, ...JSON.parse(localStorage.getItem(STORE)) }; } catch { return { ...EMPTY }; } };

function store(record) {
  const bare = !record.answers.length && !record.artifacts.length && !record.own.length && !(record.why + record.taken + record.title).trim();
  try {
    if (bare) localStorage.removeItem(STORE); else localStorage.setItem(STORE, JSON.stringify(record));
  } catch { status.textContent = 'This browser has no room left for the shortlist.'; return; }
  document.dispatchEvent(new CustomEvent('sidebyside:shortlist'));
}

function made(tag, text = '', options = {}) {
  const node = Object.assign(document.createElement(tag), options);
  node.textContent = text;
  if (text && tag !== 'button') node.dir = 'auto';
  return node;
}

function button(text, label, act) {
  const node = made('button', text, { type: 'button', className: 'small' });
  node.setAttribute('aria-label', label);
  node.addEventListener('click', act);
  return node;
}

// --- Drawing -------------------------------------------------------------------------------------------------------------

// The first lines of an answer as they read: no emphasis, no numbers of quotes.
const lead = (text) => text.split('\n\n')[0].replace(/\*\*/g, '').replace(/\s*\[\d+\]/g, '');

function drawAnswers(record) {
  part('answers').replaceChildren(...record.answers.map((answer) => {
    const row = document.createElement('li');
    const pages = new Set(answer.citations.map((citation) => citation.source)).size;
    const quotes = answer.citations.length;
    const count = `${quotes} ${quotes === 1 ? 'quote' : 'quotes'} from ${pages} ${pages === 1 ? 'page' : 'pages'}`;
    row.append(
      made('h3', answer.asked),
      made('p', lead(answer.text)),
      made('p', [answer.kind === 'need' ? 'need' : '', count, answer.model || 'from tables and quotes alone'].filter(Boolean).join(' · '), { className: 'hint' }),
      button('Remove', `Remove: ${answer.asked}`, () => {
        const now = read();
        store({ ...now, answers: now.answers.filter((other) => JSON.stringify(other) !== JSON.stringify(answer)) });
        element.querySelector('#kept-answers').focus();
      }),
    );
    return row;
  }));
}

function drawArtifacts(record) {
  part('artifacts').replaceChildren(...record.artifacts.map((artifact) => {
    const row = document.createElement('li');
    const rank = artifact.facts.find((fact) => fact.label === 'UnfragileRank')?.value;
    row.append(made('b', artifact.label), made('span', [artifact.type, rank].filter(Boolean).join(' · '), { className: 'hint' }), button('Remove', `Remove ${artifact.label}`, () => {
      const now = read();
      const taken = now.taken === artifact.label ? '' : now.taken;
      store({ ...now, taken, artifacts: now.artifacts.filter((other) => other.label !== artifact.label) });
      element.querySelector('#kept-artifacts').focus();
    }));
    return row;
  }));
  const there = new Set(record.artifacts.map((artifact) => artifact.label));
  const named = [...new Set(record.answers.flatMap((answer) => answer.artifacts))].filter((label) => !there.has(label)).slice(0, 8);
  part('proposed').replaceChildren(...named.map((label) => button(`+ ${label}`, `Add ${label}, which a kept answer is about`, () => keep(label))));
}

function drawOwn(record) {
  part('own').replaceChildren(...record.own.map((cell, place) => {
    const row = document.createElement('li');
    row.append(made('b', cell.artifact), made('span', `${cell.criterion}: ${cell.text}`), made('span', 'yours', { className: 'yours' }), button('Remove', `Remove ${cell.criterion} of ${cell.artifact}`, () => {
      const now = read();
      store({ ...now, own: now.own.filter((_, other) => other !== place) });
      element.querySelector('#own-cells').focus();
    }));
    return row;
  }));
}

function drawWords(record) {
  const choice = element.querySelector('[data-word="taken"]');
  const labels = [...new Set([...record.artifacts.map((artifact) => artifact.label), record.taken].filter(Boolean))];
  choice.replaceChildren(new Option('nothing yet', ''), ...labels.map((label) => new Option(label, label)));
  for (const box of element.querySelectorAll('[data-word]')) {
    const value = record[box.dataset.word] || '';
    // Not while somebody writes there: the place in the text would be lost.
    if (box.value !== value && (box === choice || box !== document.activeElement)) box.value = value;
  }
}

function draw() {
  const record = read();
  part('empty').hidden = record.answers.length + record.artifacts.length > 0;
  drawAnswers(record);
  drawArtifacts(record);
  drawOwn(record);
  drawWords(record);
  const some = record.answers.length + record.artifacts.length > 0;
  element.querySelectorAll('[data-action]').forEach((node) => { node.disabled = !some; });
}

// --- The reader's words --------------------------------------------------------------------------------------------------

const keep = (artifact) => document.dispatchEvent(new CustomEvent('sidebyside:keep', { detail: { artifact } }));

element.addEventListener('input', (event) => {
  const word = event.target.dataset.word;
  if (word) store({ ...read(), [word]: event.target.value });
});

element.addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.target;
  const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
  if (!Object.values(given).every(Boolean)) return;
  if (form.dataset.form === 'artifact') keep(given.name);
  else { const now = read(); store({ ...now, own: [...now.own, given] }); }
  form.reset();
  form.querySelector('input').focus();
});

fetch('sidebyside/names.json').then((answer) => answer.json()).then((names) => {
  element.querySelector('#shortlist-names').append(...names.map((name) => new Option('', name)));
}).catch(() => {});

// --- The record ----------------------------------------------------------------------------------------------------------

async function send(path, body) {
  const answer = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail || `the server answered ${answer.status}`);
}

async function download(form) {
  const record = read();
  const answer = await send(`api/record?form=${form}`, { record, title: record.title });
  const text = form === 'json' ? `${JSON.stringify(await answer.json(), null, 1)}\n` : await answer.text();
  const link = made('a', '', { download: `decision.${form}`, href: URL.createObjectURL(new Blob([text], { type: 'text/plain' })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  status.textContent = `Downloaded decision.${form}.`;
}

const said = (told) => (!told ? '–' : told.state === 'silent' ? 'not stated' : (told.state === 'denied' ? 'no: ' : '') + told.text);

function changes(cells) {
  const table = made('table', '', { className: 'facts' });
  const head = table.createTHead().insertRow();
  for (const name of ['artifact', 'criterion', 'then', 'now']) head.append(made('th', name, { scope: 'col' }));
  const body = table.createTBody();
  for (const cell of cells) {
    const row = body.insertRow();
    row.append(made('th', cell.artifact || 'answer', { scope: 'row' }), ...[cell.criterion, said(cell.before), said(cell.after)].map((text) => made('td', text)));
  }
  const around = made('div', '', { className: 'table-scroll', tabIndex: 0 });
  around.setAttribute('role', 'region');
  around.setAttribute('aria-label', 'What changed');
  around.append(table);
  return around;
}

function compared(name, outcome, cells) {
  const block = made('div', '', { className: `outcome outcome-${outcome}` });
  const other = cells.filter((cell) => cell.outcome !== 'same' && cell.outcome !== 'reworded');
  block.append(made('h3', name), made('p', `${outcome}: ${cells.length - other.length} of ${cells.length} cells are the same`, { className: 'hint' }));
  if (other.length) block.append(changes(other));
  return block;
}

function listed(title, items) {
  if (!items.length) return [];
  const list = document.createElement('ul');
  list.append(...items.map((text) => made('li', text)));
  return [made('h3', title), list];
}

function drawReplay(replay) {
  const lost = replay.quotes.filter((quote) => quote.outcome !== 'same');
  const pages = replay.pages.filter((page) => page.outcome !== 'same');
  part('replay').replaceChildren(
    ...replay.notes.map((text) => made('p', text, { className: 'note' })),
    ...replay.answers.map((answer) => compared(answer.asked, answer.outcome, answer.cells)),
    ...replay.artifacts.map((artifact) => compared(artifact.label, artifact.outcome, artifact.cells)),
    ...listed('Quotes that are not on the pages any more', lost.map((quote) => `${quote.artifact}: “${quote.before}” Now: ${quote.after ? `“${quote.after}”` : 'nothing like it'}`)),
    ...listed('Pages', pages.map((page) => `${page.source}: ${page.outcome}${page.now ? `, now ${page.now}` : ''}`)),
  );
}

async function replay() {
  const record = read();
  const answer = await send('api/replay', record);
  const found = await answer.json();
  drawReplay(found);
  status.textContent = found.same ? 'The same: all that is kept still reads so on today’s pages.' : 'Changed: some of it reads otherwise on today’s pages.';
}

let emptied = null;
function clear() {
  emptied = read();
  part('replay').replaceChildren();
  localStorage.removeItem(STORE);
  document.dispatchEvent(new CustomEvent('sidebyside:shortlist'));
  status.replaceChildren('Emptied. ', button('Undo', 'Undo: keep the shortlist', () => { store(emptied); status.textContent = ''; }));
  status.querySelector('button').focus();
}

element.addEventListener('click', async (event) => {
  const action = event.target.closest('button[data-action]')?.dataset.action;
  if (!action) return;
  if (action === 'clear') { clear(); return; }
  status.textContent = action === 'replay' ? 'Asking again …' : 'Making the record …';
  try { await (action === 'replay' ? replay() : download(action)); } catch (error) { status.textContent = error.message; }
});

document.addEventListener('sidebyside:shortlist', draw);
element.querySelectorAll('h2').forEach((head) => { head.tabIndex = -1; });
draw();
