import type { late as source } from '../en/late';

export const late: Readonly<Record<keyof typeof source, string>> = {
  'map.title': '地圖',
  'map.about': '兩個係數，一眼看遍每一點',
  'search.title': '搜尋係數',
  'search.about': '讓實驗室試很多組，看得到什麼、失去什麼',
  'vocabulary.title': '詞彙表和聊天範本',
  'vocabulary.about': '把不同的詞彙表對齊，看每個模型讀到的提示',
  'vocabulary.unite': '合併詞彙表',
  'lora.extract': '抽出 LoRA',
  'lora.extract.of': '從 {alias} 抽出 LoRA',
  'lora.on': '加在 {base} 上的 LoRA',
  'yaml.title': '配方的 YAML',
  'yaml.about': 'mergekit 的格式：可讀、可寫，也有範例',
  'plan.title': '每個張量會怎樣',
  'plan.about': '合併計畫：合併或複製，各個模型占多少',
  'plan.scope': '層與部位',
};
