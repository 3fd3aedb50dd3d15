import type { flips as source } from '../en/flips';

export const flips: Readonly<Record<keyof typeof source, string>> = {
  'flips.title': '答案轉折處',
  'flips.up': '往上過 {at}：「{from}」變成「{to}」',
  'flips.down': '往下過 {at}：「{from}」變成「{to}」',
  'flips.none': '整條滑桿上答案都一樣',
  'flips.search': '正在找轉折點，{done}／{total}',
  'flips.method': '只有向量的加總才會找轉折點。',
  'flips.size': '只有五百萬參數以內的模型才會找轉折點。',
  'flips.sampled': '溫度為 0 時才會找轉折點。',
};
