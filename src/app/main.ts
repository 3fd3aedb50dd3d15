import { loadLanguage } from '../i18n';
import { FIRST_LESSON, loadLesson, READY, RECORDED } from '../lessons';
import { readAddress } from '../state/address';
import { settings } from '../state/settings.svelte';
import { prefetchRecorded } from './recorded-files';

// Kept small: everything that the first paint needs is asked for here at once, not one after the other.
const address = readAddress(location.href);
settings.load(address.lang, navigator.languages);
if (address.view === 'notes') {
  const [{ startNotes }] = await Promise.all([import('./notes'), loadLanguage(settings.lang)]);
  startNotes();
} else {
  const lesson = address.lesson !== null && READY.includes(address.lesson) ? address.lesson : FIRST_LESSON;
  if (RECORDED.includes(lesson)) void prefetchRecorded(lesson);
  const [{ start }] = await Promise.all([
    import('./start'),
    loadLanguage(settings.lang),
    loadLesson(lesson).then((found) => found?.text[settings.lang]()),
  ]);
  await start(address, lesson);
}
