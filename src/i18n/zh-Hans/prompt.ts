import type { prompt as source } from '../en/prompt';

export const prompt: Readonly<Record<keyof typeof source, string>> = {
  'prompt.known': '这个小世界里没有：',
  'prompt.mend': '把“{unknown}”换成“{word}”',
  'prompt.strange': '这些词模型一个也不认识。请问它们懂的问题，或用其中的词来写。',
  'prompt.strange.alone': '这些词模型一个也不认识。',
  'prompt.more': '还有 {count} 个',
  'prompt.tokens': '{tokens} / {limit} 个 token',
  'prompt.long': '太长了：有 {tokens} 个 token，这些模型最多读 {limit} 个。请缩短问题。',
  'app.commands': '命令',
  'app.shortcuts': '键盘快捷键',
};
