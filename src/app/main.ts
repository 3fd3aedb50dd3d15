import { loadLanguage } from '../i18n';
import { FIRST_LESSON, loadLesson, READY, RECORDED } from '../lessons';
import { readAddress } from '../state/address';
import { chosenLanguage } from '../state/language';
import { prefetchRecorded } from './recorded-files';

// Kept small, without the page's framework: everything that the first paint needs is asked for here at once.
const address = readAddress(location.href);
const lang = chosenLanguage(address.lang, navigator.languages);
if (address.view === 'notes') {
  const [{ startNotes }] = await Promise.all([import('./notes'), loadLanguage(lang)]);
  startNotes(lang);
} else {
  const lesson = address.lesson !== null && READY.includes(address.lesson) ? address.lesson : FIRST_LESSON;
  if (RECORDED.includes(lesson)) void prefetchRecorded(lesson);
  const [{ start }] = await Promise.all([
    import('./start'),
    loadLanguage(lang),
    loadLesson(lesson).then((found) => found?.text[lang]()),
  ]);
  await start(address, lesson, lang);
}
