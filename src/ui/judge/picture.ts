import { showList } from '../primitives/text';
import { meaning, say } from './words';

/** @returns what is on a picture, in the language of the page. @param scene in the words of the models' world */
export const pictureAlt = (scene: readonly string[]): string =>
  scene.length === 0
    ? say('alt.unknown')
    : say('alt', { scene: showList(scene.map((word) => meaning('value', word))) });
