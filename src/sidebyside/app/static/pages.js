// Pages and what is asked about them: old ones are marked here, everything else goes to the server.
const ASKED = ['confirm_replace', 'keep_both', 'leave', 'ask_remove', 'confirm_remove', 'take_back', 'compare'];
element.addEventListener('input', (event) => {
  if (event.target.dataset.action !== 'stale') return;
  const day = event.target.value;
  element.querySelectorAll('tr[data-age]').forEach((row) => {
    row.querySelector('.old').hidden = !(day && row.dataset.age && row.dataset.age < day);
  });
});
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-action]');
  if (!button || !ASKED.includes(button.dataset.action)) return;
  const data = { ...button.dataset };
  button.parentElement.querySelectorAll('select').forEach((select) => { data[select.name] = select.value; });
  trigger(button.dataset.action, data);
});
