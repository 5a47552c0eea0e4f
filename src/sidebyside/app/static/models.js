// Use, pull and measure: each button names its model.
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-action]');
  if (!button) return;
  const name = button.dataset.name;
  if (button.dataset.action === 'use') trigger('use', { name });
  else if (button.dataset.action === 'pull') trigger('pull', { name });
  else if (button.dataset.action === 'measure') trigger('measure', { name });
});
