import type { prompt as source } from '../en/prompt';

export const prompt: Readonly<Record<keyof typeof source, string>> = {
  'prompt.known': '這個小世界裡沒有：',
  'prompt.mend': '把「{unknown}」換成「{word}」',
  'prompt.strange': '這些詞模型一個也不認得。請問它們懂的問題，或用裡面的詞來寫。',
  'prompt.strange.alone': '這些詞模型一個也不認得。',
  'prompt.more': '還有 {count} 個',
  'prompt.tokens': '{tokens} / {limit} 個 token',
  'prompt.long': '太長了：有 {tokens} 個 token，這些模型最多讀 {limit} 個。請縮短問題。',
  'app.commands': '指令',
  'app.shortcuts': '鍵盤快速鍵',
};
