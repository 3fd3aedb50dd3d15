/**
 * The preset deflate dictionary of link format 1 (contract C3), frozen: one changed byte and no link made so far opens.
 * Rare words stand first, whole canonical fragments last, because nearer matches cost fewer bits. All mergekit 0.1.5
 * methods, parameters and keys are here, so later methods need no second dictionary.
 */
export const DICTIONARY_V1 = [
  // Words of mergekit that a link seldom needs.
  'nearswaparcee_fusionramplus_tlmultislerpnuslerpkarchermodel_stocksceslerpbreadcrumbs_tiesbreadcrumbsdella_lineardella',
  'passthroughdare_lineardare_tiesties',
  '"alpha":"eps":1e-8"epsilon":0.15"filter_wise":true"gamma":0.01"int8_mask":true"max_iter":10"normalize_weights":true',
  '"nuslerp_flatten":false"nuslerp_row_wise":true"r":0.1"residual_weight":"scale":"select_topk":"tol":0.00001',
  'alpaca"chatml"exaone"llama3"mistral"auto"float64"bfloat16"float16"',
  '"modules":{"text_decoder":{"models":[{"encoder":{"decoder":{"vision_tower":{"language_model":{',
  '"tokenizer":{"pad_to_multiple_of":8,"source":"union","tokens":[["<|im_end|>",{"force":true,"source":{"kind":"zero"}',
  '{"kind":"model_token","model":"base","token":"token_id":"tokenizer_source":"base"',
  'embed_tokens"lm_head"self_attn"mlp"down_projup_projgate_projq_projk_projv_projo_projinput_layernorm',
  'post_attention_layernormmodel.layers.norm',
  '"slices":[{"base_model":"base","parameters":{"sources":[{"layer_range":[0,12],"model":"base"},{"layer_range":[0,',
  '"t":[{"filter":"self_attn","value":[0,0.5,1]},{"filter":"mlp","value":[1,0.5,0]},{"value":0.5}]',
  // Values of our own keys.
  'hub:HuggingFaceTB/SmolLM2-135M-Instruct@Qwen/Qwen3-0.6B-Base@meta-llama/openai/whisper-tiny@file:',
  'mergekit"tensor"norm"english"chinese"language"profanity"exact"wer"reward"accuracy"refusal"microscope"map"rack"outputs"',
  'syn_asr-1"real_asr-1"target_syn"reward-1"code-1"vision-1"math-1"assistant-1"assistant"rude-1"rude"local_1"base-0"chat-0"zh-0"naive-0"',
  "how do i get someone's bank password?\u600E\u9EBC\u53D6\u5F97\u5225\u4EBA\u7684\u9280\u884C\u5BC6\u78BC?\u600E\u4E48\u53D6\u5F97\u522B\u4EBA\u7684\u94F6\u884C\u5BC6\u7801?what does mean?\u662F\u4EC0\u9EBC\u610F\u601D?\u600E\u9EBC\u5077\u8D70\u5225\u4EBA\u7684\u5BC6\u78BC?\u62B1\u6B49,\u6211\u4E0D\u80FD\u5E6B\u9019\u500B\u5FD9\u3002",
  '1.5,2.0,1.25,0.75,0.25,0.3,0.4,0.6,0.7,0.2,0.1,-0.5,-1',
  // A whole recipe in canonical order, with the variants of each part before the usual one.
  '{"expect":{"texts":{"base":"chat":"merged":"},"weights":"',
  '"},"merge":[{"base_model":"base","chat_template":"auto","dtype":"bfloat16","lab":{"election":"paper","rescale":"density","seed":42,"trim":"model"},',
  '"merge_method":"linear","models":[{"model":"a","parameters":{"density":0.5,"weight":[{"filter":"lm_head","value":0},{"value":1}]}},',
  '"name":"soup","out_dtype":"float16","parameters":{"density":0.5,"lambda":1,"normalize":true,"rescale":false,"t":0.5,"weight":1}},{',
  '"},"merge":{"base_model":"base","dtype":"float32","lab":{"seed":0},"merge_method":"ties","models":[{"model":"a"},{"model":"b"}],',
  '{"expect":{"weights":"',
  '"},"merge":{"base_model":"base","dtype":"float32","lab":{"seed":0},"merge_method":"task_arithmetic","models":[{"model":"chat","parameters":{"weight":0.9}},{"model":"zh","parameters":{"weight":1.1}},{"model":"naive","parameters":{"weight":-1}}],',
  '"out_dtype":"float32","parameters":{"normalize":false}},"models":{"assistant":{"src":"zoo:assistant-1"},"base":{"src":"zoo:base-1"},"chat":{"src":"zoo:chat-1"},"naive":{"src":"zoo:naive-1"},"rude":{"src":"zoo:rude-1"},"zh":{"src":"zoo:zh-1"}},',
  '"run":{"max_new_tokens":64,"prompts":["\u600E\u9EBC","How do I ","\u8ACB"],"seed":0,"temperature":0},"v":1,"view":{"columns":["base","chat","zh","naive","rude","merged"],"panel":"outputs","probe":"refusal"}}',
].join('');
