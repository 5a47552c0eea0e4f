// Around the composer: a question that is too long is said to be, and a pasted page is offered to be added.
const note = element.querySelector('.composer-note');
const MOST = Number(note.dataset.total);
const inComposer = (target) => target.matches?.('#question textarea');
const count = (number) => number.toLocaleString('en');
let offered = false;

function tell(kind, ...content) {
  note.className = `composer-note ${kind}`;
  note.replaceChildren(...content);
  note.hidden = !content.length;
}

function button(text, act) {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'small';
  made.textContent = text;
  made.addEventListener('click', act);
  return made;
}

function tooLong() {
  const box = document.querySelector('#question textarea');
  const length = box?.value.trim().length || 0;
  if (length <= MOST) { if (!offered) tell(''); return false; }
  tell('problem failed', `That question has ${count(length)} characters; ${count(MOST)} are the most. Shorten it to ask.`);
  return true;
}

document.addEventListener('input', (event) => { if (inComposer(event.target)) { offered = false; tooLong(); } });
// Before gradio hears of it.
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || !inComposer(event.target) || !tooLong()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener('click', (event) => {
  if (!event.target.closest?.('#send') || !tooLong()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// A question is short and in one piece; a page has a table, or tags, or a comparison's title over many lines.
function isPage(text) {
  if (text.length < 400) return false;
  const lines = text.split('\n');
  return /^\s*\|?[ :]*-{3,}[ :]*\|/m.test(text) || /^\s*(<!doctype|<html)/i.test(text) || /^\s*Feature\s*\t/m.test(text)
    || (lines.length > 8 && / vs\.? /.test(lines.find((line) => line.trim()) || ''));
}

document.addEventListener('paste', (event) => {
  const text = event.clipboardData?.getData('text/plain') || '';
  if (!inComposer(event.target) || !isPage(text)) return;
  event.preventDefault();
  const box = event.target;
  const title = text.split('\n').find((line) => line.trim()).replace(/<[^>]*>/g, '').trim().slice(0, 80);
  const back = () => { offered = false; tell(''); box.focus(); };
  const words = document.createElement('span');
  words.textContent = `This looks like a page${title ? `: “${title}”` : ''}.`;
  tell('offer', words,
    button('Add it to the library', () => { back(); trigger('addition', { text }); }),
    button('Paste it as text', () => { back(); document.execCommand('insertText', false, text); }),
    button('Leave it', back));
  offered = true;
  note.querySelector('button').focus();
});

// Words typed while the page was opening stand in the composer.
const draft = sessionStorage.getItem('sidebyside-draft');
sessionStorage.removeItem('sidebyside-draft');
function hand(tries = 100) {
  const box = document.querySelector('#question textarea');
  if (!box) { if (tries) setTimeout(() => hand(tries - 1), 50); return; }
  if (box.value) return;
  box.value = draft;
  box.dispatchEvent(new Event('input', { bubbles: true }));
  box.focus();
}
if (draft) hand();
