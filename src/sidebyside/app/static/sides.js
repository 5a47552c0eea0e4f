// Cards and pairs choose; "Differences only" hides what is the same, here and in the capabilities below.
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-action]');
  if (button?.dataset.action === 'choose') trigger('choose', { names: JSON.parse(button.dataset.names) });
  if (button?.dataset.action !== 'pick') return;
  // Pressed at once: whoever presses two cards in a row need not wait between them.
  const name = button.dataset.name;
  const picked = !names.includes(name);
  button.setAttribute('aria-pressed', String(picked));
  names = picked ? [...names, name] : names.filter((other) => other !== name);
  trigger('choose', { names });
});
// Back led to where nothing was chosen yet.
document.addEventListener('sidebyside:compare', (event) => trigger('choose', event.detail));
let only = false;
// What is chosen, in the order in which it was.
let names = [];
element.addEventListener('change', (event) => {
  if (event.target.dataset.action === 'differences') { only = event.target.checked; show(); }
});
function show() {
  const box = element.querySelector('[data-action="differences"]');
  if (box) box.checked = only;
  element.closest('.tabitem')?.classList.toggle('differences-only', only && Boolean(box));
}
watch('value', () => {
  names = JSON.parse(element.querySelector('.artifact-cards')?.dataset.names || '[]');
  show();
});
