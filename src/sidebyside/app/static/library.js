// The artifact table: filter and sort here, open an artifact through the server.
element.addEventListener('input', (event) => {
  if (event.target.dataset.action !== 'filter') return;
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  element.querySelectorAll('tbody tr').forEach((row) => {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    if (!row.hidden) shown += 1;
  });
  const count = element.querySelector('.count');
  const total = Number(count.dataset.total);
  count.textContent = shown === total ? `${total} artifacts` : `${shown} of ${total} artifacts`;
});

function sortBy(button) {
  const head = button.closest('th');
  const descending = head.getAttribute('aria-sort') === 'ascending';
  element.querySelectorAll('th[aria-sort]').forEach((other) => other.removeAttribute('aria-sort'));
  head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
  const column = Number(button.dataset.column);
  const body = element.querySelector('tbody');
  const key = (row) => row.children[column].textContent.trim();
  const compare = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' }).compare;
  const rows = [...body.rows].sort((a, b) => compare(key(a), key(b)) * (descending ? -1 : 1));
  body.append(...rows);
}

// The switch below the table is drawn anew when it is pressed, and what forgets is gone: focus stays in the section.
let pressed = '';
watch('value', () => {
  if (pressed) element.querySelector('.match-graph [role="switch"]')?.focus({ preventScroll: true });
  pressed = '';
});

element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-action]');
  if (!button) return;
  if (['counting', 'forget'].includes(button.dataset.action)) pressed = button.dataset.action;
  if (button.dataset.action === 'sort') sortBy(button);
  else trigger(button.dataset.action === 'open' ? 'select' : button.dataset.action, { ...button.dataset });
});
