// --- Criteria of one's own: added and removed at once, columns in the order that is chosen, the tables copied. --------

let order = '';
const tab = () => element.closest('.tabitem');
const criteria = () => JSON.parse(element.querySelector('.own-criteria')?.dataset.criteria || '[]');
const form = () => document.querySelector('#sides-add');

function compareOn(wanted) {
  form().querySelector('[role="status"]').textContent = wanted.length ? 'Looking through the pages…' : '';
  trigger('criteria', { criteria: wanted });
}

document.addEventListener('sidebyside:criterion', (event) => {
  const there = criteria();
  if (!there.includes(event.detail.words)) compareOn([...there, event.detail.words]);
});

// A side keeps its colour wherever its column stands, so that the colour names the column.
const sideOf = (cell) => Number([...cell.classList].find((name) => /^side-\d+$/.test(name))?.slice(5) || 0);
const STATES = ['stated', 'conflict', 'silent', 'denied'];

function ranks() {
  const heads = [...element.querySelectorAll('thead th')];
  if (order === 'met') return new Map(heads.map((head) => [sideOf(head), -Number(head.dataset.met)]));
  const row = order === '' ? undefined : element.querySelectorAll('tbody tr')[Number(order)];
  const cells = row ? [...row.querySelectorAll('td')] : [];
  return new Map(cells.map((cell) => [sideOf(cell), STATES.findIndex((state) => cell.classList.contains(state))]));
}

function arrange() {
  const rank = ranks();
  tab().querySelectorAll('#sides-own table.grid tr, #sides-facts table.grid tr, #sides-rows table.grid tr').forEach((row) => {
    const cells = [...row.children].slice(1);
    cells.sort((a, b) => (rank.get(sideOf(a)) || 0) - (rank.get(sideOf(b)) || 0) || sideOf(a) - sideOf(b));
    row.append(...cells);
  });
}

element.addEventListener('change', (event) => {
  if (event.target.dataset.action !== 'order') return;
  order = event.target.value;
  arrange();
});

element.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-cite]');
  if (link) { event.preventDefault(); openQuote(link); return; }
  const button = event.target.closest('button[data-action="remove"]');
  if (button) {
    order = '';
    compareOn(criteria().filter((_, place) => place !== Number(button.dataset.place)));
    form().querySelector('input').focus();
    return;
  }
  const first = event.target.closest('td.cell')?.querySelector('a[data-cite]');
  if (first && getSelection().isCollapsed) openQuote(first);
});

function plain(cell) {
  const copy = cell.cloneNode(true);
  copy.querySelectorAll('.cite, .cell-name, .sr-only, button, small, svg').forEach((part) => part.remove());
  return copy.textContent.replace(/\s+/g, ' ').trim();
}

// What is shown, in the order in which it is shown; a spreadsheet must not take a cell for a formula.
function shownRows() {
  const tables = [...tab().querySelectorAll('#sides-own table.grid, #sides-facts table.grid')].filter((table) => table.offsetParent);
  const rows = tables.flatMap((table, place) => [...table.querySelectorAll(place ? 'tbody tr' : 'tr')]);
  return rows.filter((row) => row.offsetParent || row.closest('thead')).map((row) => [...row.children].map((cell) => plain(cell).replace(/^[=+\-@]/, "'$&")));
}

async function copyTable(button) {
  const rows = shownRows();
  const table = document.createElement('table');
  rows.forEach((cells) => { const row = table.insertRow(); cells.forEach((text) => { row.insertCell().textContent = text; }); });
  const text = rows.map((cells) => cells.join('\t')).join('\n');
  let words = 'Copied';
  try {
    await navigator.clipboard.write([new ClipboardItem({
      'text/plain': new Blob([text], { type: 'text/plain' }),
      'text/html': new Blob([table.outerHTML], { type: 'text/html' }),
    })]);
  } catch { words = 'The browser does not allow copying'; }
  button.textContent = words;
  setTimeout(() => { button.textContent = 'Copy as a table'; }, 1800);
}

document.addEventListener('click', (event) => {
  const button = event.target.closest?.('#sides-links button[data-action="copy-table"]');
  if (button) copyTable(button);
});

watch('value', () => {
  const shown = element.querySelector('.own-criteria');
  const select = element.querySelector('[data-action="order"]');
  if (select) {
    if (![...select.options].some((option) => option.value === order)) order = '';
    select.value = order;
    if (order) arrange();
  }
  const told = shown && !shown.matches('[aria-busy]') ? `${shown.querySelectorAll('tbody tr').length} criteria compared` : '';
  if (told || !shown) form().querySelector('[role="status"]').textContent = told;
});
