// A criterion in words: Enter or the button adds it, and the next one can be typed at once.
element.addEventListener('submit', (event) => {
  event.preventDefault();
  const box = element.querySelector('input');
  const words = box.value.trim().replace(/\s+/g, ' ');
  box.value = '';
  box.focus();
  if (words) document.dispatchEvent(new CustomEvent('sidebyside:criterion', { detail: { words } }));
});
