import { mount } from 'svelte';
import { READY } from '../lessons';
import { readAddress, type Address } from '../state/address';
import { lab, tab, tour } from '../state/bench';
import { errors } from '../state/errors.svelte';
import type { Language } from '../state/language';
import { settings } from '../state/settings.svelte';
import { shortcuts } from '../state/shortcuts.svelte';
import { openFragment } from '../state/url.svelte';
import App from './App.svelte';
import { hasSimd } from './capabilities';
import { loadNeurons, openLesson } from './open-lesson';

async function openLink({ fragment, lesson }: Address): Promise<void> {
  if (fragment === null) return;
  const open = lesson !== null && tour.active && tour.lesson?.id === lesson ? tour.lesson : null;
  if (!open) await loadNeurons();
  await openFragment(lab, fragment, true, open);
}

/** Opens what the address asks for, and shows the page. @param lesson the one to open, where the address names no other; @param lang whose messages are here */
export async function start(address: Address, lesson: string, lang: Language): Promise<void> {
  settings.load(lang);
  if (address.view === 'embed') return (await import('./embed')).startEmbed(address, lesson);
  tab.take(address.view);
  addEventListener('pagehide', () => tab.keep(address.view));
  await openLesson(lesson, address.step - 1);
  if (address.lesson !== null && address.lesson !== lesson && address.fragment === null) {
    const known = READY.join(', ');
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
  void openLink(address);
  // A link pasted into this tab's address bar does not reload the page.
  addEventListener('hashchange', () => {
    void openLink(readAddress(location.href));
  });
  shortcuts.load();
  const target = document.getElementById('app');
  if (!target) return;
  const Stage = address.view === 'present' ? (await import('./present')).PresentStage : null;
  mount(App, { target, props: { Stage } });
}
