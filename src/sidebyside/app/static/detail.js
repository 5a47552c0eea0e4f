// An artifact's page: bring it into view when it opens.
watch('value', () => {
  const name = element.querySelector('#artifact-name');
  if (name) { name.focus({ preventScroll: true }); name.scrollIntoView({ block: 'start' }); }
});
