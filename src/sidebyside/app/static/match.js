// --- Wishes: what is changed, added or removed is matched at once. ----------------------------------------------------

// Where the focus goes once the new match is drawn: a part of the wish at this place.
let back;

const wishes = () => [...element.querySelectorAll('.wish:not(.only)')].map((chip) => ({
  text: chip.dataset.text,
  role: chip.querySelector('[data-part="role"]').value,
  weight: Number(chip.querySelector('[data-part="weight"]').value),
  query: chip.dataset.query,
  row: chip.dataset.row,
}));
const among = () => [...element.querySelectorAll('.wish.only')].map((chip) => chip.dataset.name);
const status = () => document.querySelector('#match-need [role="status"]');

function match(wanted, more = {}) {
  status().textContent = 'Matching…';
  element.querySelector('.match')?.setAttribute('aria-busy', 'true');
  trigger('wanted', { wishes: wanted, among: among(), ...more });
}

function focusOn(part, place) { back = { part, place: Number(place) }; }

function editWish(button) {
  const chip = button.closest('.chip');
  const adding = chip.classList.contains('more');
  const before = chip.dataset.text || '';
  const box = document.createElement('input');
  box.className = 'chip-input';
  box.maxLength = 300;
  box.value = before;
  box.setAttribute('aria-label', adding ? 'A wish to add. Enter adds it, Escape leaves all as it was.'
    : `Reword ${before}. Enter matches it, Escape leaves it as it was.`);
  let left = false;
  const leave = (take) => {
    // Taking the box away makes it lose the focus, which is no second leaving.
    if (left) return;
    left = true;
    const words = box.value.trim();
    box.replaceWith(button);
    if (!take || !words || words === before) { button.focus(); return; }
    const all = wishes();
    // Other words are read anew.
    if (adding) all.push({ text: words });
    else all[Number(chip.dataset.place)] = { ...all[Number(chip.dataset.place)], text: words, query: '', row: '' };
    focusOn(adding ? 'add' : 'words', chip.dataset.place);
    match(all);
  };
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    leave(event.key === 'Enter');
  });
  box.addEventListener('blur', () => leave(false));
  button.replaceWith(box);
  box.focus();
  box.select();
}

function dropWish(place) {
  focusOn('drop', place);
  match(wishes().filter((_, other) => other !== place));
}

const csv = () => element.querySelector('.csv').textContent;

async function copyCsv(button) {
  let words = 'Copied';
  try { await navigator.clipboard.writeText(csv()); } catch { words = 'The browser does not allow copying'; }
  status().textContent = words;
  button.textContent = words;
  setTimeout(() => { button.textContent = 'Copy CSV'; }, 1800);
}

function downloadCsv() {
  const link = document.createElement('a');
  // The mark at the front tells spreadsheets that it is UTF-8.
  link.href = URL.createObjectURL(new Blob(['\ufeff', csv()], { type: 'text/csv' }));
  link.download = 'match.csv';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const actions = {
  example: (button) => document.dispatchEvent(new CustomEvent('sidebyside:example', { detail: { need: button.dataset.need } })),
  reword: editWish,
  add: editWish,
  drop: (button) => {
    const chip = button.closest('.chip');
    if (chip.classList.contains('only')) { chip.remove(); match(wishes()); } else dropWish(Number(chip.dataset.place));
  },
  without: (button) => dropWish(Number(button.dataset.place)),
  more: (button) => { focusOn('more', 0); match(wishes(), { most: Number(button.dataset.most) }); },
  copy: copyCsv,
  download: downloadCsv,
};

element.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-cite]');
  if (link) { event.preventDefault(); openQuote(link); return; }
  const button = event.target.closest('button[data-action]');
  if (button) { actions[button.dataset.action]?.(button); return; }
  // Anywhere in a cell will do for a pointer; the keyboard has the chip.
  const first = event.target.closest('td.cell')?.querySelector('a[data-cite]');
  if (first && getSelection().isCollapsed) openQuote(first);
});

element.addEventListener('change', (event) => {
  const part = event.target.dataset.part;
  if (part !== 'role' && part !== 'weight') return;
  focusOn(part, event.target.closest('.chip').dataset.place);
  match(wishes());
});

watch('value', () => {
  document.querySelector('#quote:popover-open')?.hidePopover();
  const shown = element.querySelector('.match');
  status().textContent = shown?.dataset.said || '';
  if (shown) document.dispatchEvent(new CustomEvent('sidebyside:matched'));
  if (!back) return;
  const { part, place } = back;
  back = undefined;
  const parts = [...element.querySelectorAll(`[data-part="${part}"]`)];
  (parts[Math.min(place || 0, parts.length - 1)] || element.querySelector('[data-part="add"]') || document.querySelector('#need-words')).focus({ preventScroll: true });
});
