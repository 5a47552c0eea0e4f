// An artifact's page: bring it into view when it opens, and lead back to its row.
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-action="back"]');
  const row = button && document.querySelector(`#library button[data-id="${CSS.escape(button.dataset.id)}"]`);
  if (row) { row.focus({ preventScroll: true }); row.scrollIntoView({ block: 'center' }); }
});
watch('value', () => {
  const name = element.querySelector('#artifact-name');
  if (name) { name.focus({ preventScroll: true }); name.scrollIntoView({ block: 'start' }); }
});
