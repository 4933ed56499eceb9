// Invented complaints for the mock server. Development only: the guards are a sketch of the real ones.

const minutes = (n) => new Date(Date.now() + n * 60_000).toISOString()
const clone = (value) => structuredClone(value)
const MOVES = {
  received: ['registered'], registered: ['verified', 'rejected'], verified: ['assessed', 'rejected'],
  assessed: ['planned'], planned: ['awaiting_approval', 'executing'], awaiting_approval: ['planned'],
  executing: ['resolved'], resolved: ['confirmed', 'executing'], confirmed: ['archived', 'registered'],
  archived: ['registered'], rejected: ['registered'],
}
const GOES = {
  register: ['registered', ['received']], verify: ['verified', ['registered']], assess: ['assessed', ['verified']],
  plan: ['planned', ['assessed', 'planned']], execute: ['executing', ['planned']], resolve: ['resolved', ['executing']],
  confirm: ['confirmed', ['resolved']], archive: ['archived', ['confirmed']], reprocess: ['executing', ['resolved']],
  reject: ['rejected', ['registered', 'verified']], restore: ['registered', ['rejected']],
  reopen: ['registered', ['confirmed', 'archived']],
}
const OPEN = ['received', 'registered', 'verified', 'assessed', 'planned', 'awaiting_approval', 'executing', 'resolved']
const ACTS = {
  register: 'registered', verify: 'verified', assess: 'assessed', plan: 'planned', execute: 'executing', resolve: 'resolved',
  confirm: 'confirmed', archive: 'archived', reprocess: 'reprocessed', reject: 'rejected', restore: 'restored', reopen: 'reopened',
  edit: 'edited', prioritize: 'prioritized', investigate: 'investigated', statement: 'statement', progress: 'progress', contact: 'contact',
  pause: 'paused', resume: 'resumed', measure: 'measure_added', 'measure-result': 'measure_done', rate: 'rated', take: 'taken',
  assign: 'assigned', 'hand-over': 'handed_over', release: 'released',
}
const FACTS = ['customer_name', 'contact', 'product', 'model', 'order_no', 'occurred_at', 'place', 'no_evidence_reason']
const LIMIT = { agent: 500, supervisor: 2000, hq: null }
const complaints = new Map()
const views = []
const notices = []
let serial = 0

const clock = (kind, state, due, extra = {}) => ({
  id: ++serial, kind, state, calendar: 'working', budget_s: 3600, used_s: 1800, remaining_s: Math.round(due * 60), due_at: minutes(due), warn_at: minutes(due - 15),
  started_at: minutes(Math.min(due, 0) - 90), paused_at: null, ended_at: null, warned_at: null, breached_at: null, round: 1, uncertain: false, history: [], ...extra,
})

function add(no, fields, staff) {
  const c = {
    no, state: 'registered', round: 1, life: 1, priority: 'general', sensitive: false, category: '', hazard: '', channel: 'hotline', tier: 'standard', phone: '13800001234',
    customer_name: '', contact: '', product: '', model: '', order_no: '', what: '', occurred_at: '', place: '', no_evidence_reason: '', holder: null, watchers: [], waiting: false,
    escalated: false, version: 1, created_at: minutes(-200), assessment: { responsibility: null, need: null, motive: null, note: '' }, plan: null, measures: [], clocks: [], timeline: [],
    evidence: [], satisfaction: { score: null, satisfied: null, comment: '', by: '', at: null, waiver: '' }, attempts: 0, calls: [], rejection: null, lineage: [], conversation_id: null, money: [], ...fields,
  }
  complaints.set(no, c)
  if (c.timeline.length === 0) note(c, 'received', '系统', '', { visible_to: 'customer', to_state: 'received', at: c.created_at })
  if (staff && c.state !== 'received') note(c, 'registered', staff.display_name, '', { from_state: 'received', to_state: 'registered', visible_to: 'customer' })
  return c
}

function note(c, act, actor, reason, extra = {}) {
  c.timeline.push({ id: ++serial, at: new Date().toISOString(), actor, actor_id: null, act, reason: reason ?? '', visible_to: 'internal', version: c.version, round: c.round, from_state: null, to_state: null, detail: {}, ...extra })
}

export function seedComplaints(STAFF) {
  const [lin, zhou, he] = STAFF
  add('TS20251105-0042', {
    state: 'executing', priority: 'urgent', hazard: 'carbon_monoxide', category: 'product_quality', channel: 'web', tier: 'at_risk', holder: lin, customer_name: '吴女士', product: '燃气热水器', model: 'AXH-16',
    what: '开了热水器洗澡，十来分钟头晕想吐，我妈也在里面。去年九月才换过点火针，师傅说没问题。', occurred_at: '11 月 5 日晚八点', place: '家中浴室', order_no: 'AX202409180033', escalated: true, watchers: [zhou], conversation_id: 'cv_co',
    assessment: { responsibility: 'company', need: 'resolution', motive: 'recover_loss', note: '烟管接口松脱，属于我方安装责任' }, version: 9,
    plan: { whys: ['烟管接口松脱，废气倒灌', '去年换点火针后没有复位密封圈', '维修单上没有烟管复查这一项'], cause_kind: 'management', cause: '维修作业单缺少“拆装后复查烟道”的必检项，培训也没有讲', owner: lin, due_at: minutes(60 * 20), cost: 860, note: '客户要求换新机，先检测再定', planned_by: '林晓', planned_at: minutes(-150) },
    measures: [
      { id: 1, round: 1, what: '上门停用机器，测一氧化碳，陪同就医', owner: '李师傅', due_at: minutes(-60), result: '已停用。客户和母亲在市二院检查，指标正常', done_at: minutes(-70) },
      { id: 2, round: 1, what: '更换烟管和密封圈，复测', owner: '李师傅', due_at: minutes(180), result: '', done_at: null },
      { id: 3, round: 1, what: '报销检查费，说明换机政策', owner: '林晓', due_at: minutes(-20), result: '', done_at: null },
    ],
    clocks: [clock('daily_progress', 'warned', 34, { calendar: 'daily' }), clock('investigation', 'breached', -26, { calendar: 'always', breached_at: minutes(-26) }), clock('first_response', 'met', -170, { ended_at: minutes(-170) }), clock('plan', 'met', -60, { ended_at: minutes(-150) })],
    money: [{ id: 'cr_1', amount: 1200, kind: 'cash', level: 'advanced', reason: '两人检查费 1,036 元，另加交通费', status: 'pending', author: lin, created_at: minutes(-42), total: 1200, needs: 'supervisor', split: '' }],
    evidence: [{ id: 'ev_1', name: '烟管接口.jpg', mime: 'image/jpeg', size: 412_000, note: '李师傅现场拍', added_by: '林晓', added_at: minutes(-65), url: '/mock/photo.svg', thumbnail_url: '/mock/photo.svg' }, { id: 'ev_2', name: '检查报告.pdf', mime: 'application/pdf', size: 88_000, note: '', added_by: '林晓', added_at: minutes(-40), url: '/mock/photo.svg', thumbnail_url: null }],
    timeline: [],
  }, lin)
  const co = complaints.get('TS20251105-0042')
  note(co, 'verified', '林晓', '与客户电话核对，李师傅到场确认', { at: minutes(-160), from_state: 'registered', to_state: 'verified' })
  note(co, 'planned', '林晓', '', { at: minutes(-150), from_state: 'assessed', to_state: 'planned', visible_to: 'customer' })
  note(co, 'progress', '林晓', '已知：师傅 19:40 到场，烟管接口松脱，机器已停用。正在做：更换烟管并复测。今晚十点前再给您打电话。', { at: minutes(-75), visible_to: 'customer' })
  note(co, 'noted', '周敏', '@林晓 检查费的票据让客户拍照先传，别等原件', { at: minutes(-44) })
  note(co, 'compensation_requested', '林晓', '两人检查费 1,036 元，另加交通费', { at: minutes(-42), detail: { amount: 1200, kind: 'cash', level: 'advanced' } })
  note(co, 'clock_breached', 'system', '', { at: minutes(-26), detail: { kind: 'investigation' } })
  note(co, 'customer_said', '吴女士', '师傅说密封圈要等明天才有货，那今晚洗不了澡怎么办？', { at: minutes(-12), visible_to: 'customer' })
  add('TS20251122-0007', { priority: 'important', category: 'repair_delay', customer_name: '陈先生', product: '洗衣机', model: 'AXW-1080', what: '洗衣机 E2 不排水，约了三次师傅都没来，请了两天假白等。再不来我就发抖音。', sensitive: true, holder: lin, occurred_at: '本周三到周五', clocks: [clock('plan', 'running', 410), clock('statement', 'warned', 42, { calendar: 'always' })], channel: 'wechat' }, lin)
  add('TS20251122-0009', { state: 'received', category: '', customer_name: '', product: '冰箱', what: '冰箱冷藏不制冷，一冰箱菜全坏了，要求赔偿。', clocks: [clock('first_response', 'breached', -18, { breached_at: minutes(-18) })], channel: 'store', priority: 'important' })
  add('TS20251121-0031', { state: 'awaiting_approval', category: 'price_billing', customer_name: '刘先生', product: '空调', what: '安装时多收了高空费 300 元，发票上没有。', holder: he, clocks: [clock('daily_progress', 'running', 700, { calendar: 'daily' })], money: [{ id: 'cr_2', amount: 600, kind: 'double_refund', level: 'basic', reason: '多收高空费 300 元，按规定双倍退还', status: 'pending', author: he, created_at: minutes(-95), total: 980, needs: 'supervisor', split: '30 天内第 3 笔，合计 980 元，单笔都在 500 元以下' }], assessment: { responsibility: 'company', need: 'fairness', motive: 'recover_loss', note: '' } }, he)
  add('TS20251120-0012', { state: 'resolved', category: 'installation', customer_name: '孙阿姨', product: '油烟机', what: '油烟机装歪了，打孔把瓷砖打裂一块。', holder: lin, round: 2, waiting: true, clocks: [clock('follow_up', 'paused', 0, { due_at: null, paused_at: minutes(-80) })], calls: [{ id: 1, complaint_no: 'TS20251120-0012', reason: '回访', say: '瓷砖已更换，想确认您是否满意。', phone_masked: '137****2211', created_at: minutes(-60), due_at: minutes(120), done_at: null, outcome: '', by: '' }], phone: '13700002211' }, lin)
  add('TS20251119-0003', { state: 'confirmed', category: 'service_attitude', customer_name: '赵女士', product: '净水器', what: '客服挂了我两次电话。', holder: he, satisfaction: { score: 4, satisfied: true, comment: '后来的小何态度不错', by: 'customer', at: minutes(-300), waiver: '' }, clocks: [clock('observation', 'running', 40000, { calendar: 'daily' })], tier: 'high_value' }, he)
  add('TS20251118-0021', { state: 'rejected', customer_name: '周先生', product: '电视', what: '和 TS20251117-0002 是同一件事。', holder: he, rejection: { reason: 'duplicate', duplicate_of: 'TS20251117-0002', note: '客户打了两次热线' } }, he)
  for (let n = 1; n <= 14; n += 1) {
    const product = ['空调', '电视', '洗碗机', '扫地机器人', '智能门锁'][n % 5]
    add(`TS20251121-01${String(n).padStart(2, '0')}`, { state: ['registered', 'verified', 'assessed', 'planned', 'executing'][n % 5], category: ['delivery', 'product_quality', 'response_speed'][n % 3], customer_name: `${'李王张钱'[n % 4]}${n % 2 ? '女士' : '先生'}`, product, what: `${product}送来就有划痕，说好三天内换，已经过了 ${n + 3} 天。`, holder: [lin, zhou, he, null][n % 4], clocks: [clock('daily_progress', n % 4 === 0 ? 'warned' : 'running', n * 47)], created_at: minutes(-n * 160) }, lin)
  }
  notices.push({ id: 1, complaint_no: 'TS20251105-0042', kind: 'mention', text: '@林晓 检查费的票据让客户拍照先传，别等原件', actor: '周敏', at: minutes(-44), read_at: null }, { id: 2, complaint_no: 'TS20251105-0042', kind: 'breached', text: '启动调查', actor: 'system', at: minutes(-26), read_at: null })
}

const ref = (staff) => (staff ? { id: staff.id, display_name: staff.display_name } : null)
const masked = (phone) => (phone ? `${phone.slice(0, 3)}****${phone.slice(-4)}` : '')
const running = (c) => c.clocks.filter((one) => !one.ended_at).sort((a, b) => (a.due_at ?? '9').localeCompare(b.due_at ?? '9'))
const late = (c) => running(c).some((one) => one.due_at && Date.parse(one.due_at) < Date.now())

function summary(c, me) {
  const next = running(c)[0]
  return {
    no: c.no, state: c.state, round: c.round, life: c.life, priority: c.priority, sensitive: c.sensitive, category: c.category, hazard: c.hazard, channel: c.channel, product: c.product, summary: c.what.slice(0, 120),
    customer: { id: null, name: c.customer_name, phone_masked: masked(c.phone), tier: c.tier }, assigned_to: ref(c.holder), watching: c.watchers.some((one) => one.id === me.id), waiting_for_customer: c.waiting,
    escalated: c.escalated, overdue: late(c), next_clock: next ? { kind: next.kind, state: next.state, due_at: next.due_at } : null, version: c.version, created_at: c.created_at, updated_at: c.timeline.at(-1)?.at ?? c.created_at,
  }
}

function missing(c, verb) {
  const lacks = []
  const need = (field, there, why) => there || lacks.push({ field, why })
  if (verb === 'verify') {
    need('contact', c.phone || c.contact, '电话或其他联系方式'); need('product', c.product, '是哪件产品或哪项服务'); need('summary', c.what, '经过'); need('occurred_at', c.occurred_at, '什么时候发生')
    need('evidence', c.evidence.length || c.no_evidence_reason, '证据，或没有证据的原因')
  }
  if (verb === 'execute' && c.money.some((one) => one.status === 'pending')) lacks.push({ field: 'compensation', why: '有一笔赔付还没批' })
  if (verb === 'archive') need('satisfaction', c.satisfaction.score !== null, '客户评价，或免评理由')
  if (verb === 'confirm' && c.attempts < 3) return []
  return lacks
}

function verbs(c, me) {
  const mine = c.holder?.id === me.id || ['supervisor', 'hq', 'admin'].includes(me.role)
  const offers = []
  const offer = (verb, allowed, reason = '') => offers.push({ verb, allowed: allowed && missing(c, verb).length === 0, reason: allowed ? '' : reason, missing: allowed ? missing(c, verb) : [] })
  for (const [verb, [, from]] of Object.entries(GOES)) {
    const anybody = ['register', 'restore', 'reopen'].includes(verb)
    if (from.includes(c.state)) offer(verb, anybody || mine, '只有负责人或主管可以操作')
  }
  const live = OPEN.includes(c.state)
  if (live) for (const verb of ['investigate', 'contact']) offer(verb, true)
  if (live) for (const verb of ['edit', 'prioritize', 'progress', 'statement', c.waiting ? 'resume' : 'pause']) if (verb !== 'statement' || c.sensitive) offer(verb, mine || (verb === 'edit' && !c.holder), '只有负责人或主管可以操作')
  if (['planned', 'executing'].includes(c.state)) offer('measure', mine, '只有负责人或主管可以操作')
  if (c.state === 'executing') offer('measure-result', mine, '只有负责人或主管可以操作')
  if (['resolved', 'confirmed'].includes(c.state)) offer('rate', mine, '只有负责人或主管可以操作')
  if (live && c.holder?.id !== me.id) offer('take', !c.holder || me.role !== 'agent', '已经有人负责')
  if (live && me.role !== 'agent') offer('assign', true)
  if (live && c.holder) for (const verb of ['hand-over', 'release']) if (mine) offer(verb, true)
  return offers
}

function moneyOf(c, me) {
  const sum = (status) => c.money.filter((one) => one.status === status).reduce((total, one) => total + one.amount, 0)
  const limit = LIMIT[me.role] === undefined ? 0 : LIMIT[me.role]
  return {
    requested: sum('pending') + sum('approved'), approved: sum('approved'), pending: sum('pending'), paid: c.money.reduce((total, one) => total + (one.payout?.amount ?? 0), 0), customer_30_days: sum('approved'), authority: { limit, left: limit === null ? null : Math.max(0, limit - sum('approved')), decider: 'supervisor' },
    requests: c.money.map((one) => shownMoney(c, one, me)).reverse(),
  }
}

function shownMoney(c, one, me) {
  const pending = one.status === 'pending'
  const own = one.author.id === me.id
  const limit = LIMIT[me.role]
  const able = pending && !own && (limit === null || (limit ?? 0) >= one.total)
  return { overcharged: null, version: 1, round: 1, decision: null, payout: null, ...one, may_pay: one.status === 'approved' && !one.payout, complaint_no: c.no, author: { ...ref(one.author), role: one.author.role }, may_approve: able, may_deny: able, may_withdraw: pending && own, why: !pending ? '' : own ? '申请人不能审批自己的申请' : able ? '在您的权限内' : '超出您的权限' }
}

function detail(c, me) {
  return {
    ...summary(c, me), summary: c.what, facts: { customer_name: c.customer_name, phone_masked: masked(c.phone), contact: c.contact, product: c.product, model: c.model, order_no: c.order_no, what: c.what, occurred_at: c.occurred_at, place: c.place, no_evidence_reason: c.no_evidence_reason },
    assessment: c.assessment, plan: c.plan && { ...c.plan, owner: ref(c.plan.owner) }, measures: c.measures, clocks: [...running(c), ...c.clocks.filter((one) => one.ended_at)], timeline: c.timeline, evidence: c.evidence, satisfaction: c.satisfaction,
    attempts: c.attempts, watchers: c.watchers.map(ref), calls: c.calls, rejection: c.rejection, lineage: c.lineage, conversation_id: c.conversation_id, external_id: null,
    same_customer: [...complaints.values()].filter((one) => one !== c && c.customer_name && one.phone === c.phone).slice(0, 3).map((one) => ({ no: one.no, state: one.state, priority: one.priority, summary: one.what, created_at: one.created_at })),
    compensation: moneyOf(c, me), observation: null, presence: [], verbs: verbs(c, me), moves: MOVES[c.state],
  }
}

const inView = {
  open: (c) => OPEN.includes(c.state), mine: (c, me) => c.holder?.id === me.id && OPEN.includes(c.state), watching: (c, me) => c.watchers.some((one) => one.id === me.id), unassigned: (c) => !c.holder && OPEN.includes(c.state),
  overdue: (c) => late(c), waiting: (c) => c.waiting, escalated: (c) => c.escalated, closed: (c) => !OPEN.includes(c.state), all: () => true,
}

function apply(c, verb, input, me, staff) {
  const before = c.state
  const to = GOES[verb]?.[0]
  if (verb === 'edit') { for (const key of FACTS) if (key in input) c[key] = input[key]; if ('summary' in input) c.what = input.summary; if ('category' in input) c.category = input.category; if (input.phone) c.phone = input.phone }
  if (verb === 'assess') { c.assessment = { responsibility: input.responsibility, need: input.need ?? null, motive: input.motive ?? null, note: input.note ?? '' }; c.priority = input.priority; if (input.category) c.category = input.category }
  if (verb === 'plan') { c.plan = { note: '', ...input, owner: staff.find((one) => one.id === input.owner_id) ?? me, planned_by: me.display_name, planned_at: new Date().toISOString() }; c.measures = [...c.measures.filter((one) => one.round !== c.round), ...input.measures.map((one) => ({ due_at: null, ...one, id: ++serial, round: c.round, result: '', done_at: null }))] }
  if (verb === 'reprocess') { c.round += 1; c.escalated = true; c.measures.push(...(input.measures ?? []).map((one) => ({ due_at: null, ...one, id: ++serial, round: c.round, result: '', done_at: null }))) }
  if (verb === 'measure') c.measures.push({ due_at: null, ...input, id: ++serial, round: c.round, result: '', done_at: null })
  const results = verb === 'measure-result' ? [input] : (input.results ?? [])
  for (const one of results) Object.assign(c.measures.find((m) => m.id === one.measure_id) ?? {}, { result: one.result, done_at: new Date().toISOString() })
  if (verb === 'prioritize') Object.assign(c, { priority: input.priority, sensitive: input.sensitive })
  if (verb === 'pause' || verb === 'resume') c.waiting = verb === 'pause'
  if (verb === 'contact') c.attempts += 1
  if (verb === 'rate' || (verb === 'confirm' && input.score)) c.satisfaction = { score: input.score, satisfied: input.score > 3, comment: input.comment ?? '', by: 'agent', at: new Date().toISOString(), waiver: '' }
  if (verb === 'reject') c.rejection = { reason: input.reason, duplicate_of: input.duplicate_of ?? null, note: input.note }
  if (verb === 'take' || (verb === 'register' && !c.holder)) c.holder = me
  if (verb === 'assign' || verb === 'hand-over') c.holder = staff.find((one) => one.id === input.staff_id) ?? staff[0]
  if (verb === 'release') c.holder = null
  if (to) c.state = to
  c.version += 1
  note(c, ACTS[verb], me.display_name, input.reason ?? input.note ?? input.text ?? input.known ?? input.words ?? '', { from_state: before, to_state: c.state, visible_to: to || verb === 'progress' ? 'customer' : 'internal' })
}

function statusView(c) {
  return {
    no: c.no, state: c.state, title: c.state === 'resolved' ? '处理完毕，等您确认' : '我们正在处理', next: '明天 18:00 前给您回电，说明更换结果。', opened_at: c.created_at, product: c.product, round: c.round, can_rate: c.state === 'resolved', can_reopen: false,
    waiting_for_you: c.waiting ? '请把发票照片发给我们，收到后马上安排。' : '', timeline: c.timeline.filter((one) => one.visible_to === 'customer').map((one) => ({ at: one.at, title: { received: '收到您的投诉', registered: '已登记，专人负责', progress: '进展', planned: '已定处理方案', customer_said: '您的回复' }[one.act] ?? '有新进展', text: one.reason })),
  }
}

/** Answers a call about complaints; undefined when the route is none of them. */
export function complaintApi({ method, path, query, input, me, ok, fail, staff, conversations }) {
  const route = `${method} ${path}`
  if (path.startsWith('status')) {
    const c = complaints.get((input.no ?? '').trim().toUpperCase())
    if (!c || c.phone !== (input.phone ?? '').trim()) return fail(404, 'not_found', 'not found')
    if (path === 'status/reply') { note(c, 'customer_said', c.customer_name || '客户', input.text, { visible_to: 'customer' }); c.waiting = false; c.version += 1 }
    if (path === 'status/rating') { c.satisfaction = { ...input, by: 'customer', at: new Date().toISOString(), waiver: '' }; c.state = input.satisfied ? 'confirmed' : 'executing'; if (!input.satisfied) c.round += 1; c.version += 1 }
    return ok(statusView(c))
  }
  if (!me) return undefined
  let m
  if ((m = /^conversations\/([^/]+)\/complaint-draft$/.exec(path))) {
    const talk = conversations.get(m[1])
    if (!talk) return fail(404, 'not_found', 'no such conversation')
    return ok({ channel: talk.channel, conversation_id: m[1], summary: talk.messages.filter((one) => one.sender === 'customer').map((one) => one.text).join('\n'), customer_name: talk.customer.name, phone_masked: talk.customer.phone_masked, product: talk.handover?.slots.product ?? '', model: talk.handover?.slots.model ?? '', category: '', occurred_at: talk.messages[0]?.created_at ?? '' })
  }
  if (route === 'GET approvals') {
    const items = [...complaints.values()].flatMap((c) => c.money.filter((one) => one.status === 'pending').map((one) => ({ ...shownMoney(c, one, me), complaint: summary(c, me) }))).filter((one) => one.may_approve)
    return ok({ items, total: items.length })
  }
  if (!path.startsWith('complaints')) return undefined
  if (route === 'GET complaints') {
    const q = query.get('q') ?? ''
    const many = (key) => query.getAll(key)
    const found = [...complaints.values()].filter((c) => inView[query.get('view') ?? 'open'](c, me))
      .filter((c) => !q || c.phone === q || JSON.stringify([c.no, c.product, c.customer_name, c.what, c.order_no]).includes(q))
      .filter((c) => many('state').length === 0 || many('state').includes(c.state)).filter((c) => many('priority').length === 0 || many('priority').includes(c.priority))
      .filter((c) => ['category', 'channel', 'product'].every((key) => !query.get(key) || c[key] === query.get(key)))
      .filter((c) => !query.get('sensitive') || c.sensitive).filter((c) => !query.get('assigned_to') || c.holder?.id === query.get('assigned_to'))
      .sort((a, b) => query.get('sort') === 'due' ? (running(a)[0]?.due_at ?? '9').localeCompare(running(b)[0]?.due_at ?? '9') : b.created_at.localeCompare(a.created_at))
    return ok({ items: found.map((c) => summary(c, me)), next_cursor: null })
  }
  if (route === 'GET complaints/counts') {
    const all = [...complaints.values()]
    const counts = Object.fromEntries(['open', 'mine', 'watching', 'unassigned', 'overdue', 'waiting', 'escalated'].map((view) => [view, all.filter((c) => inView[view](c, me)).length]))
    return ok({ ...counts, approvals: all.flatMap((c) => c.money.map((one) => shownMoney(c, one, me))).filter((one) => one.may_approve).length })
  }
  if (route === 'GET complaints/board') {
    if (me.role === 'agent') return fail(403, 'not_allowed', 'supervisors only')
    const all = [...complaints.values()].filter((c) => OPEN.includes(c.state))
    const clocks = all.flatMap((c) => running(c).map((one) => ({ no: c.no, kind: one.kind, state: one.state, due_at: one.due_at, remaining_s: one.due_at ? (Date.parse(one.due_at) - Date.now()) / 1000 : 0, priority: c.priority, sensitive: c.sensitive, product: c.product, assigned_to: ref(c.holder) }))).sort((a, b) => (a.due_at ?? '9').localeCompare(b.due_at ?? '9'))
    const holders = staff.map((one) => { const held = all.filter((c) => c.holder?.id === one.id); return { ...ref(one), open: held.length, warned: held.filter((c) => running(c).some((k) => k.state === 'warned')).length, overdue: held.filter(late).length } }).filter((one) => one.open)
    return ok({ now: new Date().toISOString(), totals: { open: all.length, unassigned: all.filter((c) => !c.holder).length, running: clocks.length, warned: clocks.filter((k) => k.state === 'warned').length, overdue: clocks.filter((k) => k.state === 'breached').length, paused: clocks.filter((k) => k.state === 'paused').length }, clocks, alerts: [], holders })
  }
  if (route === 'GET complaints/options') return ok({ states: Object.keys(MOVES), staff: staff.map((one) => ({ ...ref(one), role: one.role, open: [...complaints.values()].filter((c) => c.holder?.id === one.id).length })), calendar: { shifts: [['09:00', '12:00'], ['13:00', '18:00']], timezone: 'Asia/Shanghai', known_until: 2026 } })
  if (route === 'GET complaints/notices') return ok({ items: notices, unread: notices.filter((one) => !one.read_at).length })
  if (route === 'POST complaints/notices/read') { for (const one of notices) if (input.ids.length === 0 || input.ids.includes(one.id)) one.read_at = new Date().toISOString(); return ok(null, 204) }
  if (route === 'GET complaints/views') return ok({ items: views })
  if (route === 'POST complaints/views') { views.push({ id: `vw_${++serial}`, name: input.name, query: input.query }); return ok(views.at(-1), 201) }
  if ((m = /^complaints\/views\/(.+)$/.exec(path))) { views.splice(views.findIndex((one) => one.id === m[1]), 1); return ok(null, 204) }
  if (route === 'POST complaints') {
    if (!input.summary) return fail(422, 'invalid_input', 'a complaint needs what happened')
    const { summary: what, register, ...rest } = input
    const c = add(`TS20251122-1${String(++serial).padStart(3, '0')}`, { ...rest, what, priority: input.priority ?? 'general', state: register ? 'registered' : 'received', holder: register ? me : null, created_at: new Date().toISOString(), clocks: [clock('first_response', 'running', 60), clock('plan', 'running', 1440)] }, me)
    return ok(detail(c, me), 201)
  }
  if (!(m = /^complaints\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+)\/([^/]+))?$/.exec(path))) return fail(404, 'not_found', 'no such route')
  const [, no, verb, id, outcome] = m
  const c = complaints.get(no)
  if (!c) return fail(404, 'not_found', 'no such complaint')
  if (!verb) return ok(detail(c, me))
  if (verb === 'reveal') { note(c, 'revealed', me.display_name, ''); return ok({ value: c.phone }) }
  if (verb === 'presence') return ok({ others: no.endsWith('0042') ? [ref(staff[2])] : [] })
  if (verb === 'watch') { c.watchers = c.watchers.filter((one) => one.id !== me.id); if (input.on) c.watchers.push(me); return ok(detail(c, me)) }
  if (verb === 'note') { note(c, 'noted', me.display_name, input.text); return ok(detail(c, me)) }
  if (verb === 'calls') { Object.assign(c.calls.find((one) => one.id === Number(id)), { done_at: new Date().toISOString(), outcome: input.outcome, by: me.display_name }); if (!input.reached) c.attempts += 1; note(c, 'call_done', me.display_name, input.outcome); return ok(c.calls[0]) }
  if (verb === 'evidence') { const entry = { id: `ev_${++serial}`, name: 'photo.png', mime: 'image/png', size: 120_000, note: '', added_by: me.display_name, added_at: new Date().toISOString(), url: '/mock/photo.svg', thumbnail_url: '/mock/photo.svg' }; c.evidence.push(entry); note(c, 'evidence_added', me.display_name, ''); return ok(entry, 201) }
  if (verb === 'remedies') return ok({ tier: c.tier, highest: 'advanced', items: [{ kind: 'repair', level: 'basic', title: '免费维修并延保一年', amount: null, basis: ['公司责任', '燃气类产品'], owed: false, allowed: null }, { kind: 'cash', level: 'advanced', title: '实报检查费', amount: 1036, basis: ['客户提供票据', '流失风险客户'], owed: true, allowed: me.role !== 'agent' }] })
  if (verb === 'authority') { const amount = Number(query.get('amount')); const limit = LIMIT[me.role] === undefined ? 0 : LIMIT[me.role]; const total = amount + moneyOf(c, me).approved; const allowed = limit === null || total <= limit; return ok({ allowed, ground: allowed ? 'within_limit' : 'over_limit', words: '', limit, left: null, total, roles: total > 2000 ? ['hq'] : ['supervisor', 'hq'], split: '' }) }
  if (verb === 'compensations') {
    const one = c.money.find((request) => request.id === id)
    if (one) { one.status = { approve: 'approved', deny: 'denied', withdraw: 'withdrawn' }[outcome]; one.decision = { act: outcome, by: { ...ref(me), role: me.role }, at: new Date().toISOString(), reason: input.reason }; if (c.state === 'awaiting_approval') c.state = 'planned'; c.version += 1; note(c, `compensation_${one.status}`, me.display_name, input.reason, { detail: { amount: one.amount } }); return ok(shownMoney(c, one, me)) }
    if (method === 'GET') return ok(moneyOf(c, me))
    const amount = input.amount ?? input.overcharged * 2
    const limit = LIMIT[me.role]
    const granted = limit === null || amount <= (limit ?? 0)
    const made = { id: `cr_${++serial}`, kind: input.kind, level: input.level, amount, reason: input.reason, status: granted ? 'approved' : 'pending', author: me, created_at: new Date().toISOString(), total: amount, needs: granted ? null : amount > 2000 ? 'hq' : 'supervisor', split: '', decision: granted ? { act: 'grant', by: { ...ref(me), role: me.role }, at: new Date().toISOString(), reason: '' } : null }
    c.money.push(made)
    if (!granted && c.state === 'planned') c.state = 'awaiting_approval'
    c.version += 1
    note(c, granted ? 'compensation_granted' : 'compensation_requested', me.display_name, input.reason, { detail: { amount, kind: input.kind } })
    return ok(shownMoney(c, made, me), 201)
  }
  if (!ACTS[verb]) return fail(404, 'not_found', 'no such route')
  if (input.version !== c.version) return fail(409, 'conflict', 'the complaint changed', { version: c.version, changed: c.timeline.slice(-Math.max(1, Math.min(4, c.version - input.version))) })
  if (GOES[verb] && !GOES[verb][1].includes(c.state)) return fail(409, 'illegal_move', `${c.state} to ${GOES[verb][0]}`, { state: c.state, allowed: MOVES[c.state] })
  const lacks = missing(c, verb).filter((one) => !(verb === 'archive' && input.waiver && one.field === 'satisfaction'))
  if (verb === 'confirm' && input.by === 'attempts' && c.attempts < 3) lacks.push({ field: 'attempts', why: `已联系 ${c.attempts} 次，需要三次` })
  if (lacks.length) return fail(422, 'not_ready', 'not ready', { missing: lacks })
  apply(c, verb, input, me, staff)
  return ok(clone(detail(c, me)))
}

/** For trying conflicts: another agent changes a complaint. */
export function changeElsewhere(no) {
  const c = complaints.get(no)
  c.version += 1
  c.place = '客户改到公司见面'
  note(c, 'edited', '何嘉', '客户来电改了地点')
  return { type: 'complaint', no, version: c.version, act: 'edited' }
}
