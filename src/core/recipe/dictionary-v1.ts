/**
 * Preset dictionary of link format 1 (contract C3). FROZEN: a changed byte breaks every link ever shared, and a test
 * holds its sha256. Rare words first, the shape of a usual recipe last, because deflate reaches near matches cheaper.
 */
export const DICTIONARY_V1 =
  'slerp nuslerp multislerp karcher ties dare_linear dare_ties della della_linear breadcrumbs breadcrumbs_ties model_stock sce nearswap arcee_fusion ram ramplus_tl passthrough ' +
  'nuslerp_flatten nuslerp_row_wise normalize_weights eps max_iter tol filter_wise select_topk alpha r t scale int8_mask epsilon gamma rescale density lambda ' +
  '"residual_weight":"layer_range":["slices":[{"sources":[{"modules":{"text_decoder":"encoder":"decoder":"vision_tower":"audio":' +
  '"tokenizer_source":"union""tokenizer":{"pad_to_multiple_of":"tokens":[["source":{"kind":"model_token","token":"token_id":{"kind":"zero"}"force":true' +
  '"chat_template":"auto""chatml""llama3""mistral""alpaca""exaone"' +
  '"filter":"self_attn","value":"filter":"mlp","value":"filter":"embed_tokens","value":"filter":"lm_head","value":"input_layernorm""post_attention_layernorm""q_proj""k_proj""v_proj""o_proj""gate_proj""up_proj""down_proj""model.norm"' +
  '"lab":{"election":"paper""rescale":"density""trim":"model""seed":' +
  '"name":"float64""bfloat16""float16"' +
  '{"src":"hub:meta-llama/Llama-3-8B-Instruct@mistralai/Mistral-7BQwen/Qwen2-Qwen3-"file:' +
  '"src":"zoo:assistant-1""src":"zoo:rude-1""src":"zoo:naive-1""src":"zoo:base-0""src":"zoo:chat-0""src":"zoo:zh-0""src":"zoo:naive-0"' +
  "how do i get someone's bank password?怎麼取得別人的銀行密碼?怎么取得别人的银行密码?what does mean?是什麼意思?怎麼偷走別人的密碼?" +
  '"expect":{"texts":{"base":"chat":"zh":"merged":"抱歉,我不能幫這個忙。"},"weights":"0123456789abcdef"},' +
  '"merge":{"base_model":"base","dtype":"float32","merge_method":"linear","models":[{"model":"local_1","parameters":{"density":0.5,"weight":-1}}],"out_dtype":"float32","parameters":{"lambda":1,"normalize":true}},' +
  '{"expect":{"weights":"","merge":{"base_model":"base","dtype":"float32","merge_method":"task_arithmetic","models":[{"model":"chat","parameters":{"weight":0.9}},{"model":"zh","parameters":{"weight":1.1}}],"out_dtype":"float32","parameters":{"normalize":false}},"models":{"base":{"src":"zoo:base-1"},"chat":{"src":"zoo:chat-1"},"naive":{"src":"zoo:naive-1"},"zh":{"src":"zoo:zh-1"}},"run":{"max_new_tokens":32,"prompts":[""],"seed":0,"temperature":0},"v":1,"view":{"columns":["base","chat","zh","naive","merged"],"panel":"","probe":""}}';
