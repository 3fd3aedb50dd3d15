import type { late as source } from '../en/late';

export const late: Readonly<Record<keyof typeof source, string>> = {
  'search.title': '搜尋係數',
  'search.about': '讓實驗室試很多組，看得到什麼、失去什麼',
  'vocabulary.title': '詞彙表和聊天範本',
  'vocabulary.about': '把不同的詞彙表對齊，看每個模型讀到的提示',
  'vocabulary.unite': '合併詞彙表',
};
  'lora.extract': '抽出 LoRA',
  'lora.extract.of': '從 {alias} 抽出 LoRA',
  'lora.on': '加在 {base} 上的 LoRA',
