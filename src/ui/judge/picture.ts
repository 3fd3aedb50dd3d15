import { meaning, say } from './words';

/** @returns what is on a picture, in the language of the page; '' where that is not known. @param scene in the models' words */
export const sceneWords = (scene: readonly string[]): string =>
  scene.map((word) => meaning('value', word)).join(say('comma'));

/** @returns the same as a whole, for who does not see it */
export const pictureAlt = (scene: readonly string[]): string =>
  scene.length === 0 ? say('alt.unknown') : say('alt', { scene: sceneWords(scene) });
