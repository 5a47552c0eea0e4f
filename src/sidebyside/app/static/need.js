// The need: Enter or the button matches it; the example fills it in.
element.addEventListener('submit', (event) => {
  event.preventDefault();
  const need = element.querySelector('textarea').value.trim();
  if (!need) { element.querySelector('textarea').focus(); return; }
  element.querySelector('[role="status"]').textContent = 'Matching…';
  trigger('wanted', { need });
});
element.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || !event.target.matches('textarea')) return;
  event.preventDefault();
  element.querySelector('form').requestSubmit();
});
document.addEventListener('sidebyside:example', (event) => {
  element.querySelector('textarea').value = event.detail.need;
  element.querySelector('form').requestSubmit();
});
