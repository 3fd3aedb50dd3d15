import { mount } from 'svelte';
import { loadLanguage } from '../i18n';
import { FIRST_LESSON, lessons } from '../lessons';
import { lab } from '../state/bench';
import { errors } from '../state/errors.svelte';
import { settings } from '../state/settings.svelte';
import { openFragment, readAddress } from '../state/url.svelte';
import App from './App.svelte';
import { hasSimd } from './capabilities';
import { openLesson } from './open-lesson';

const address = readAddress(location.href);
lab.neuron.examples = lessons['neuron']?.neurons ?? [];
settings.load(address.lang, navigator.languages);
await loadLanguage(settings.lang);

const asked = address.lesson === null ? undefined : lessons[address.lesson];
openLesson(asked ?? FIRST_LESSON);
if (address.lesson !== null && !asked && address.fragment === null) {
  const known = Object.keys(lessons).join(', ');
  errors.report('open', {
    code: 'lesson/unknown',
    message: `There is no lesson "${address.lesson}" yet. Lessons that are ready: ${known}. The first one is open instead.`,
    params: { lesson: address.lesson, known },
  });
}

if (!hasSimd()) {
  errors.report('capability', {
    code: 'capability/simd',
    message:
      'This browser has no WebAssembly SIMD, which running models needs. Update the browser; the recorded results can still be read.',
    params: {},
  });
}

if (address.fragment !== null) void openFragment(lab, address.fragment);
// A link pasted into this tab's address bar does not reload the page.
addEventListener('hashchange', () => {
  const { fragment } = readAddress(location.href);
  if (fragment !== null) void openFragment(lab, fragment);
});

const target = document.getElementById('app');
if (target) mount(App, { target });
