const narrow = matchMedia('(max-width: 700px)');

// --- A quote, opened at its chip: one popover for the whole page, so that a new rendering does not take it away. -----

function quoteBox() {
  const there = document.getElementById('quote');
  if (there) return there;
  const box = document.createElement('div');
  box.id = 'quote';
  box.popover = 'auto';
  box.tabIndex = -1;
  box.setAttribute('role', 'dialog');
  box.addEventListener('toggle', (event) => {
    if (event.newState !== 'closed') return;
    document.querySelectorAll('.cite.chosen').forEach((other) => other.classList.remove('chosen'));
    const back = box.opener?.isConnected ? box.opener : chips(box.cite)[box.place] || chips(box.cite)[0];
    if (back && (box.contains(document.activeElement) || document.activeElement === document.body)) back.focus({ preventScroll: true });
  });
  // Before anybody else: Escape closes the quote and nothing else.
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !box.matches(':popover-open')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    box.hidePopover();
  }, true);
  document.querySelector('.gradio-container .contain').append(box);
  return box;
}

const chips = (cite) => [...document.querySelectorAll(`a[data-cite="${CSS.escape(cite)}"]`)];

function openQuote(link) {
  const card = document.getElementById(link.dataset.cite);
  if (!card) return;
  const box = quoteBox();
  const again = box.matches(':popover-open') && box.opener === link;
  if (box.matches(':popover-open')) box.hidePopover();
  if (again) return;
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'quote-close';
  close.textContent = '×';
  close.setAttribute('aria-label', 'Close the quote');
  close.addEventListener('click', () => box.hidePopover());
  const copy = card.cloneNode(true);
  copy.removeAttribute('id');
  box.replaceChildren(close, copy);
  box.setAttribute('aria-label', link.getAttribute('aria-label') || 'Quote');
  box.opener = link;
  box.cite = link.dataset.cite;
  box.place = chips(box.cite).indexOf(link);
  box.style.cssText = '';
  link.classList.add('chosen');
  box.showPopover();
  if (!narrow.matches) place(box, link);
  box.focus({ preventScroll: true });
  box.querySelector('mark')?.scrollIntoView({ block: 'nearest' });
}

function place(box, link) {
  const at = link.getBoundingClientRect();
  const edge = Math.min(element.getBoundingClientRect().right, innerWidth - 12);
  const left = Math.max(Math.min(at.left - 24, edge - box.offsetWidth), 12);
  const below = at.bottom + 8 + box.offsetHeight <= innerHeight - 8 || at.top < box.offsetHeight + 16;
  const top = below ? at.bottom + 8 : at.top - box.offsetHeight - 8;
  box.style.left = `${left + scrollX}px`;
  box.style.top = `${top + scrollY}px`;
}

