// Invented conversations for the mock server. Development only.

const minutesAgo = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString()

export const STAFF = [
  { id: 'st_lin', username: 'agent', display_name: '林晓', role: 'agent' },
  { id: 'st_zhou', username: 'supervisor', display_name: '周敏', role: 'supervisor' },
  { id: 'st_he', username: 'agent2', display_name: '何嘉', role: 'agent' },
  { id: 'st_shen', username: 'hq', display_name: '沈立', role: 'hq' },
  { id: 'st_admin', username: 'admin', display_name: '系统管理员', role: 'admin' },
]

export const CATEGORY_TITLES = {
  gas_leak: '燃气泄漏',
  fire_smoke: '起火冒烟',
  carbon_monoxide: '疑似一氧化碳中毒',
  electric_shock: '漏电触电',
  media_exposure: '媒体曝光',
}

export const SAFETY_ADVICE =
  '疑似一氧化碳中毒，请现在就做：\n1. 马上打开所有门窗，人全部到室外通风处。\n2. 关掉热水器和燃气总阀，别碰任何电器开关。\n3. 头晕、恶心、站不稳的人不要留在浴室，立刻拨打 120。\n4. 没有专业人员检查之前，不要再点火使用热水器。'

const plain = { level: 'routine', category: '', certainty: null, words: [] }

function talk(...lines) {
  return lines.map(([sender, text, minutes, extra]) => ({
    sender,
    text,
    created_at: minutesAgo(minutes),
    ...extra,
  }))
}

export const CONVERSATIONS = [
  {
    id: 'cv_co',
    state: 'queued',
    channel: 'web',
    customer: { id: 'cu_1', name: '吴女士', phone_masked: '138****1234', tier: 'at_risk' },
    priority: 'urgent',
    triage: {
      level: 'emergency',
      category: 'carbon_monoxide',
      certainty: 'confirmed',
      words: ['洗澡头好晕', '想吐', '热水器'],
    },
    queued_at: minutesAgo(1.2),
    handover: {
      asked: ['开了热水器洗澡头好晕想吐', '我妈还在里面 怎么办', '窗户我开了'],
      tried: ['疑似一氧化碳中毒，请现在就做：…'],
      slots: { product: '燃气热水器', model: 'AXH-16', symptom: '洗澡头晕想吐' },
      feeling: 'angry',
      complaint_no: 'TS20251105-0042',
      reason: 'emergency: carbon_monoxide',
    },
    complaints: [
      { no: 'TS20251105-0042', priority: 'urgent', state: 'received', opened_at: minutesAgo(1.2) },
    ],
    repairs: [{ no: 'WX20250918-0007', product: '燃气热水器', slot: '9月19日 下午', state: 'done' }],
    history: [
      { complaint_no: 'TS20250917-0011', when: minutesAgo(70000), summary: '热水器点火失败，上门更换点火针' },
      { conversation_id: 'cv_old', when: minutesAgo(150000), summary: '咨询烟管加长价格' },
    ],
    messages: talk(
      ['bot', '您好，我是安心家电的智能客服小安，24 小时在线。报修、查进度、问保修、登记投诉都可以直接跟我说；想找人工，随时发“转人工”。', 4],
      ['customer', '开了热水器洗澡头好晕想吐', 2.4],
      ['system', SAFETY_ADVICE, 2.3, { kind: 'safety' }],
      ['system', '您的情况已经按紧急事件处理，值班同事正在被呼叫，会最先接待您。我们已为您建立紧急工单 TS20251105-0042，专人会跟到底。', 2.3, { kind: 'notice' }],
      ['customer', '我妈还在里面 怎么办', 1.5],
      ['customer', '窗户我开了', 1.2],
    ),
  },
  {
    id: 'cv_media',
    state: 'queued',
    channel: 'wechat',
    customer: { id: 'cu_2', name: '陈先生', phone_masked: '139****5678', tier: 'standard' },
    priority: 'sensitive',
    triage: { level: 'sensitive', category: 'media_exposure', certainty: 'confirmed', words: ['发抖音', '找记者'] },
    queued_at: minutesAgo(6),
    handover: {
      asked: ['冰箱修了三次还不制冷', '再不解决我就发抖音找记者'],
      tried: ['很抱歉反复给您添麻烦了，我先帮您查一下前几次的维修记录。'],
      slots: { product: '冰箱', model: 'AXR-520', fault_code: 'F2' },
      feeling: 'angry',
      complaint_no: null,
      reason: 'customer asked',
    },
    complaints: [],
    repairs: [{ no: 'WX20251101-0012', product: '冰箱', slot: '11月2日 上午', state: 'done' }],
    history: [],
    messages: talk(
      ['customer', '冰箱修了三次还不制冷', 12],
      ['bot', '很抱歉反复给您添麻烦了，我先帮您查一下前几次的维修记录。', 11.9],
      ['customer', '再不解决我就发抖音找记者', 6.2],
      ['system', '已经为您转接人工客服，前面还有 1 位，大约等 4 分钟。您可以接着把情况写在这里，客服接手就能看到。', 6, { kind: 'notice' }],
    ),
  },
  {
    id: 'cv_washer',
    state: 'queued',
    channel: 'web',
    customer: { id: 'cu_3', name: '李阿姨', phone_masked: '136****0021', tier: 'high_value' },
    priority: 'normal',
    triage: plain,
    queued_at: minutesAgo(3),
    handover: {
      asked: ['洗衣机洗到一半不排水 显示E2', '师傅说好昨天来的 没来', '转人工'],
      tried: ['E2 是排水超时。先看看排水管有没有压扁、过滤网有没有堵…'],
      slots: { product: '洗衣机', model: 'AXW-1080', fault_code: 'E2', date_time: '11月4日 下午' },
      feeling: 'annoyed',
      complaint_no: null,
      reason: 'not understood twice',
    },
    complaints: [],
    repairs: [{ no: 'WX20251104-0031', product: '洗衣机', slot: '11月4日 14:00–16:00', state: 'booked' }],
    orders: [{
      order_no: 'AX2025102200118', product: '烘干机', bought_on: '2025-10-22', state: '已退货',
      refund: '退款处理中', logistics: '退回的货 11月2日 已入库', invoice: '', installation: '',
    }],
    history: [{ conversation_id: 'cv_o2', when: minutesAgo(43000), summary: '预约洗衣机清洗' }],
    messages: talk(
      ['bot', '您好，我是安心家电的智能客服小安，24 小时在线。报修、查进度、问保修、登记投诉都可以直接跟我说；想找人工，随时发“转人工”。', 1500],
      ['customer', '洗衣机洗到一半不排水 显示E2', 1499],
      ['bot', 'E2 是排水超时。先看看排水管有没有压扁、离地是不是高过 1 米，再把左下角的过滤网拧下来冲一冲。\n清完重新选“单脱水”试一次，还报 E2 的话我帮您约师傅上门。', 1498.5],
      ['bot', '接下来您想怎么办？', 1498.4, { kind: 'choices', buttons: [{ title: '约师傅上门', payload: '约师傅上门' }, { title: '问保修', payload: '还在保修期吗' }, { title: '转人工', payload: '转人工' }] }],
      ['customer', '约师傅上门', 1497],
      ['bot', '好的，约好了：11月4日(周二) 14:00–16:00，师傅上门前会打电话。报修单号 WX20251104-0031。', 1496],
      ['customer', '师傅说好昨天来的 没来', 5],
      ['customer', '水泡在桶里一天了 衣服都臭了', 4.5],
      ['customer', '转人工', 3.2],
      ['system', '已经为您转接人工客服，前面还有 2 位，大约等 6 分钟。您可以接着把情况写在这里，客服接手就能看到。', 3, { kind: 'notice' }],
    ),
  },
  {
    id: 'cv_ac',
    state: 'human',
    channel: 'web',
    customer: { id: 'cu_4', name: '', phone_masked: '', tier: 'standard' },
    priority: 'normal',
    triage: { level: 'emergency', category: 'electric_shock', certainty: 'cleared', words: ['麻了一下'] },
    assigned_to: { id: 'st_lin', display_name: '林晓' },
    queued_at: null,
    handover: null,
    complaints: [],
    repairs: [],
    history: [],
    messages: talk(
      ['customer', '空调遥控器按了没反应，碰外壳麻了一下', 40],
      ['system', '先确认一下您那边的安全：现在有没有人受伤、冒烟、漏气或漏电？', 39.9, { kind: 'safety_question', buttons: [{ title: '有', payload: '有' }, { title: '没有', payload: '没有' }] }],
      ['customer', '没有', 39],
      ['system', '那就好。要是有变化，马上告诉我。', 39, { kind: 'notice' }],
      ['system', '人工客服林晓来了，接下来由林晓为您服务。', 30, { kind: 'notice' }],
      ['agent', '您好，我是林晓。麻了一下多半是静电，不过先把空调插头拔了，别冒险。方便拍一下插座和铭牌吗？', 29, { author: '林晓' }],
      ['customer', '好的等下', 28],
      ['customer', '', 26, { kind: 'image', attachment: { id: 'at_1', mime: 'image/jpeg', size: 84213, name: '插座.jpg', url: '/mock/photo.svg' } }],
    ),
  },
  {
    id: 'cv_bot',
    state: 'bot',
    channel: 'wechat',
    customer: { id: 'cu_5', name: '小鱼', phone_masked: '', tier: 'potential' },
    priority: 'normal',
    triage: plain,
    queued_at: null,
    handover: null,
    complaints: [],
    repairs: [],
    history: [],
    messages: talk(
      ['customer', '净水器滤芯多久换一次啊', 2],
      ['bot', 'RO 滤芯一般 24 个月，PAC 复合滤芯 12 个月，具体看机器上的滤芯寿命灯。', 1.9],
    ),
  },
  {
    id: 'cv_closed',
    state: 'closed',
    channel: 'web',
    customer: { id: 'cu_6', name: '赵先生', phone_masked: '137****8899', tier: 'standard' },
    priority: 'normal',
    triage: plain,
    queued_at: null,
    handover: null,
    complaints: [],
    repairs: [],
    history: [],
    messages: talk(
      ['customer', '发票在哪下', 300],
      ['bot', '电子普票付款后就能自助下载：订单详情 → 发票 → 下载 PDF。', 299],
      ['system', '本次会话已结束，感谢您的耐心。之后有任何问题，直接在这里留言就行。', 200, { kind: 'notice' }],
    ),
  },
]

export const SOLUTIONS = [
  {
    case_id: 'case-washer-014',
    title: '滚筒洗衣机报 E2 不排水，预约师傅爽约，衣服泡在桶里一天',
    steps: [
      '先道明爽约事实，当场给出今天内最近的两个上门时段让客户选',
      '电话里教客户放水：左下角小门，拉出应急排水管接盆放水，先把衣服取出来',
      '师傅上门清排水泵异物并检查排水管高度，保内全免',
      '次日上午回访，确认脱水一次正常',
    ],
    reasons: ['故障码 E2 相同', '提到“师傅没来”', '产品：洗衣机 AXW-1080'],
    outcome: '客户当晚收到放水指导，第二天修好，回访表示满意',
    success_rate: 0.86,
    times_used: 22,
    compensation: { level: 'basic', detail: '延保 3 个月', amount: 0 },
    product: '洗衣机',
    score: 0.83,
    rank: 1,
  },
  {
    case_id: 'case-washer-031',
    title: '波轮洗衣机排水慢，最后报 E2，排水管被压扁',
    steps: ['请客户拍排水管走向', '指导理顺排水管，出口不高于 1 米', '单脱水试机，不行再约上门'],
    reasons: ['故障码 E2 相同', '症状“不排水”'],
    outcome: '远程解决，没有上门',
    success_rate: 0.71,
    times_used: 9,
    compensation: { level: 'none', detail: '', amount: 0 },
    product: '洗衣机',
    score: 0.64,
    rank: 2,
  },
  {
    case_id: 'case-washer-052',
    title: '洗衣机维修预约两次改期，客户要求赔偿洗衣店费用',
    steps: ['核对两次改期记录和原因', '说明自己能定的范围，请客户提供洗衣店小票', '按小票补偿，锁定上门时段并抄送网点负责人'],
    reasons: ['提到“说好昨天来的”', '类别：维修拖延'],
    outcome: '按小票补偿 68 元，客户撤回投诉',
    success_rate: null,
    times_used: 3,
    compensation: { level: 'advanced', detail: '洗衣费据实补偿', amount: 68 },
    product: '洗衣机',
    score: 0.52,
    rank: 3,
  },
]

export const EMPATHY = [
  { id: 'em_1', text: '衣服在水里泡了一天，又白等了一下午，换谁都窝火。我先让您把水放出来，再把师傅的时间钉死。', scene: '爽约' },
  { id: 'em_2', text: '您特意留在家里等，结果没人来也没人打电话，这一下午的时间我记着。', scene: '爽约' },
  { id: 'em_3', text: '洗衣机停在半路最耽误事，家里换洗都跟着乱了，我们现在就一步步来。', scene: '故障' },
]
