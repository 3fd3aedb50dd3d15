import type { flips as source } from '../en/flips';

export const flips: Readonly<Record<keyof typeof source, string>> = {
  'flips.title': '答案在這裡變',
  'flips.count': '有 {count} 處答案會變',
  'flips.up': '往上過 {at}：「{from}」變成「{to}」',
  'flips.down': '往下過 {at}：「{from}」變成「{to}」',
  'flips.none': '整條滑桿上答案都一樣',
  'flips.search': '正在找答案在哪裡變，{done}／{total}',
  'flips.method': '只有向量的加總，才會找答案在哪裡變。',
  'flips.size': '只有五百萬參數以內的模型，才會找答案在哪裡變。',
  'flips.sampled': '溫度為 0 時，才會找答案在哪裡變。',
};
