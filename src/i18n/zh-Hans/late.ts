import type { late as source } from '../en/late';

export const late: Readonly<Record<keyof typeof source, string>> = {
  'search.title': '搜索系数',
  'search.about': '让实验室试很多组，看得到什么、失去什么',
  'vocabulary.title': '词表和聊天模板',
  'vocabulary.about': '把不同的词表对齐，看每个模型读到的提示',
  'vocabulary.unite': '合并词表',
};
  'lora.extract': '提取 LoRA',
  'lora.extract.of': '从 {alias} 提取 LoRA',
  'lora.on': '加在 {base} 上的 LoRA',
