import type { late as source } from '../en/late';

export const late: Readonly<Record<keyof typeof source, string>> = {
  'map.title': '地图',
  'map.about': '两个系数，一眼看遍每一点',
  'search.title': '搜索系数',
  'search.about': '让实验室试很多组，看得到什么、失去什么',
  'vocabulary.title': '词表和聊天模板',
  'vocabulary.about': '把不同的词表对齐，看每个模型读到的提示',
  'vocabulary.unite': '合并词表',
  'lora.extract': '提取 LoRA',
  'lora.extract.of': '从 {alias} 提取 LoRA',
  'lora.on': '加在 {base} 上的 LoRA',
  'yaml.title': '配方的 YAML',
  'yaml.about': 'mergekit 的格式：可读、可写，也有示例',
  'plan.title': '每个张量会怎样',
  'plan.about': '合并计划：合并或复制，各个模型占多少',
  'plan.scope': '层与部位',
};
