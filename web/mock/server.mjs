// A small stand-in for the API, for developing the pages. Development only: nothing is kept.
// POST /mock/say?id=cv_co {"text"}   a customer line    POST /mock/page   a new emergency page
// POST /mock/change?no=TS…   another agent changes a complaint
// POST /mock/lines?up=0|1            break or mend the websockets   POST /mock/http?up=0|1

import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'
import { changeElsewhere, complaintApi, seedComplaints } from './complaints.mjs'
import { CATEGORY_TITLES, CONVERSATIONS, EMPATHY, SAFETY_ADVICE, SOLUTIONS, STAFF } from './data.mjs'

const WEB = fileURLToPath(new URL('..', import.meta.url))
const PORT = Number(process.env.PORT ?? 8099)
const GREETING =
  '您好，我是安心家电的智能客服小安，24 小时在线。报修、查进度、问保修、登记投诉都可以直接跟我说；想找人工，随时发“转人工”。'
const conversations = new Map()
const sessions = new Map()
const pages = []
const uploads = new Map()
const lines = { up: true, http: true }
const desks = new Set()
const customers = new Map()
let serial = 0
const nextId = (prefix) => `${prefix}_${(++serial).toString(36)}${Date.now().toString(36)}`
const now = () => new Date().toISOString()
const send = (line, body) => line.readyState === 1 && line.send(JSON.stringify(body))
const broadcast = (body) => desks.forEach((line) => send(line, body))

for (const seed of CONVERSATIONS) {
  const { messages, ...rest } = seed
  const conversation = { assigned_to: null, epoch: 3, episode: 1, callback: false, unread: 0, ...rest, messages: [] }
  conversations.set(conversation.id, conversation)
  for (const message of messages) push(conversation, message, true)
  conversation.unread = conversation.state === 'closed' ? 0 : conversation.messages.filter((m) => m.sender === 'customer').length % 4
}
seedComplaints(STAFF)
page('cv_co', 'emergency', 'carbon_monoxide', '开了热水器洗澡头好晕想吐', 'everyone')
page('cv_media', 'sensitive', 'media_exposure', '再不解决我就发抖音找记者', 'supervisors')

function push(conversation, part, quiet = false) {
  const message = {
    id: nextId('ms'),
    conversation_id: conversation.id,
    seq: conversation.messages.length + 1,
    kind: 'text',
    text: '',
    buttons: [],
    attachment: null,
    machine: part.sender === 'bot' || part.sender === 'system',
    author: part.sender === 'bot' ? '小安' : '',
    client_message_id: null,
    created_at: now(),
    ...part,
  }
  conversation.messages.push(message)
  if (quiet) return message
  if (message.sender === 'customer') conversation.unread += 1
  for (const line of customers.get(conversation.id) ?? []) send(line, { type: 'message', message })
  broadcast({ type: 'message', message, conversation: summary(conversation) })
  if (message.sender === 'customer') broadcast({ type: 'suggestions', conversation_id: conversation.id })
  return message
}

function page(conversationId, level, category, reason, audience) {
  const entry = {
    id: nextId('pg'), conversation_id: conversationId, level, category,
    category_title: CATEGORY_TITLES[category] ?? category, reason, audience, times: 1,
    created_at: new Date(Date.now() - 70_000).toISOString(), acknowledged_at: null, acknowledged_by: null,
  }
  pages.unshift(entry)
  broadcast({ type: 'page', page: entry })
  return entry
}


function summary(c) {
  const last = c.messages.at(-1)
  return {
    id: c.id, state: c.state, channel: c.channel, customer: c.customer, priority: c.priority, triage: c.triage,
    assigned_to: c.assigned_to, queued_at: c.queued_at,
    waiting_s: c.queued_at ? Math.round((Date.now() - Date.parse(c.queued_at)) / 1000) : null,
    last_message: last ? { sender: last.sender, text: last.text || '[图片]', created_at: last.created_at } : null,
    unread: c.unread, callback: c.callback, updated_at: last?.created_at ?? now(),
  }
}

const detail = (c) => ({
  ...summary(c), epoch: c.epoch, episode: c.episode,
  handover: c.handover ? { ...c.handover, triage: c.triage } : null,
  complaints: c.complaints, repairs: c.repairs, orders: c.orders ?? [], history: c.history,
})

function shown(c) {
  const queue = [...conversations.values()].filter((x) => x.state === 'queued')
  const position = c.state === 'queued' ? queue.indexOf(c) + 1 : null
  return {
    id: c.id, state: c.state, agent_name: c.assigned_to?.display_name ?? '', queue_position: position,
    wait_minutes: position ? position * 2 : null, last_seq: c.messages.length,
  }
}

function changed(c) {
  for (const line of customers.get(c.id) ?? []) send(line, { type: 'state', conversation: shown(c) })
  broadcast({ type: 'conversation', conversation: summary(c) })
  broadcast({ type: 'queue' })
}

function inView(c, view, me) {
  if (view === 'queue') return c.state === 'queued'
  if (view === 'mine') return c.state === 'human' && c.assigned_to?.id === me?.id
  if (view === 'bot') return c.state === 'bot'
  if (view === 'closed') return c.state === 'closed'
  return true
}

const RANK = { urgent: 0, sensitive: 1, normal: 2 }

function move(c, state, staff, notice) {
  c.state = state
  c.epoch += 1
  c.assigned_to = state === 'human' ? { id: staff.id, display_name: staff.display_name } : null
  c.queued_at = state === 'queued' ? now() : null
  push(c, { sender: 'system', kind: 'notice', text: notice })
  changed(c)
}

function botAnswer(c, text) {
  const typing = customers.get(c.id) ?? []
  typing.forEach((line) => send(line, { type: 'typing', sender: 'bot' }))
  setTimeout(() => {
    if (/头晕|漏气|冒烟|着火/.test(text)) {
      push(c, { sender: 'system', kind: 'safety', text: SAFETY_ADVICE })
      c.priority = 'urgent'
      c.triage = { level: 'emergency', category: 'carbon_monoxide', certainty: 'confirmed', words: [text.slice(0, 6)] }
      move(c, 'queued', null, '您的情况已经按紧急事件处理，值班同事正在被呼叫，会最先接待您。')
      page(c.id, 'emergency', 'carbon_monoxide', text, 'everyone')
    } else if (/人工/.test(text)) {
      move(c, 'queued', null, '已经为您转接人工客服，前面还有 2 位，大约等 6 分钟。您可以接着把情况写在这里，客服接手就能看到。')
    } else if (/麻/.test(text)) {
      push(c, { sender: 'system', kind: 'safety_question', text: '先确认一下您那边的安全：现在有没有人受伤、冒烟、漏气或漏电？', buttons: [{ title: '有', payload: '有' }, { title: '没有', payload: '没有' }] })
    } else if (/报修|坏/.test(text)) {
      push(c, { sender: 'bot', kind: 'choices', text: '好的，哪款产品要修？', buttons: ['洗衣机', '冰箱', '空调', '燃气热水器'].map((title) => ({ title, payload: title })) })
    } else {
      push(c, { sender: 'bot', text: `整机保修 1 年，电视、空调 3 年，从发票日期算起。详见 https://example.com/warranty 。您问的是“${text.slice(0, 20)}”对吗？` })
    }
  }, 900)
}

async function body(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const raw = Buffer.concat(chunks)
  if (!(request.headers['content-type'] ?? '').includes('json')) return { raw }
  return raw.length ? JSON.parse(raw.toString()) : {}
}

const fail = (status, code, message, extra = {}) => ({ status, json: { code, message, detail: extra } })
const ok = (json, status = 200, headers = {}) => ({ status, json, headers })

async function api(method, path, query, request) {
  const token = (request.headers.authorization ?? '').replace('Bearer ', '') || /frontline_session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
  const me = sessions.get(token)
  const input = method !== 'GET' ? await body(request) : {}
  const route = `${method} ${path}`
  const complaint = complaintApi({ method, path, query, input, me, ok, fail, staff: STAFF, conversations })
  if (complaint) {
    if (method === 'POST') broadcast({ type: 'complaint', no: path.split('/')[1] ?? '', version: 0, act: '' })
    return complaint
  }
  let m
  if (route === 'POST auth/login') {
    const staff = STAFF.find((s) => s.username === input.username)
    if (!staff || input.password !== 'demo') return fail(401, 'not_signed_in', 'wrong user name or password')
    const fresh = nextId('tk')
    sessions.set(fresh, staff)
    return ok({ staff, token: fresh }, 200, { 'set-cookie': `frontline_session=${fresh}; HttpOnly; SameSite=Lax; Path=/` })
  }
  if (route === 'POST conversations') {
    const c = {
      id: nextId('cv'), state: 'bot', channel: 'web', customer: { id: nextId('cu'), name: '', phone_masked: '', tier: 'standard' },
      priority: 'normal', triage: { level: 'routine', category: '', certainty: null, words: [] }, queued_at: null, assigned_to: null,
      epoch: 1, episode: 1, callback: false, unread: 0, handover: null, complaints: [], repairs: [], history: [], messages: [],
    }
    c.token = nextId('ct')
    conversations.set(c.id, c)
    push(c, { sender: 'bot', text: GREETING })
    return ok({ conversation: shown(c), token: c.token, messages: c.messages }, 201)
  }
  if ((m = /^conversations\/([^/]+)(?:\/(.+))?$/.exec(path))) {
    const c = conversations.get(m[1])
    if (!c) return fail(404, 'not_found', 'conversation not found')
    if (!me && c.token !== token) return fail(401, 'not_signed_in', 'sign in first')
    const act = `${method} ${m[2] ?? ''}`
    if (act === 'GET ') return ok(detail(c))
    if (act === 'GET messages') return ok({ messages: c.messages.filter((x) => x.seq > Number(query.get('after') ?? 0)), conversation: shown(c) })
    if (act === 'POST messages') {
      const before = c.messages.find((x) => x.client_message_id && x.client_message_id === input.client_message_id)
      if (before) return ok({ message: before })
      if (!input.text && !input.attachment_id) return fail(422, 'invalid_input', 'nothing to send')
      if (me && (c.state !== 'human' || c.assigned_to?.id !== me.id)) return fail(409, 'conflict', 'you do not hold this conversation')
      if (/发送失败/.test(input.text ?? '')) return fail(503, 'unavailable', 'not now')
      const attachment = uploads.get(input.attachment_id) ?? null
      if (!me && c.state === 'closed') move(c, 'bot', null, '新的会话开始了。')
      const message = push(c, {
        sender: me ? 'agent' : 'customer', author: me?.display_name ?? '', text: input.text ?? '', client_message_id: input.client_message_id,
        attachment, kind: attachment ? (attachment.mime.startsWith('image/') ? 'image' : 'file') : 'text',
      })
      if (!me && c.state === 'bot') botAnswer(c, message.text)
      if (me) setTimeout(() => broadcast({ type: 'typing', conversation_id: c.id }), 1500)
      return ok({ message }, 201)
    }
    if (act === 'POST attachments') {
      const raw = input.raw
      const head = raw.subarray(0, 400).toString()
      const name = /filename="([^"]*)"/.exec(head)?.[1] ?? 'file'
      const mime = /Content-Type: ([^\r]+)/.exec(head)?.[1] ?? 'image/png'
      const start = raw.indexOf('\r\n\r\n') + 4
      const entry = { id: nextId('at'), mime, size: raw.length, name, url: '' }
      entry.url = `/api/v1/attachments/${entry.id}`
      entry.bytes = raw.subarray(start, raw.lastIndexOf('\r\n--'))
      uploads.set(entry.id, { id: entry.id, mime, size: raw.length, name, url: entry.url })
      uploads.set(`${entry.id}:bytes`, entry.bytes)
      return ok({ attachment: uploads.get(entry.id) }, 201)
    }
    if (act === 'POST feedback') return ok(null, 204)
    if (act === 'POST read') { c.unread = 0; return ok(null, 204) }
    if (act === 'POST accept') {
      if (c.state === 'human' && c.assigned_to.id !== me.id) return fail(409, 'conflict', 'another agent holds it', { assigned_to: c.assigned_to })
      move(c, 'human', me, `人工客服${me.display_name}来了，接下来由${me.display_name}为您服务。`)
      return ok(detail(c))
    }
    if (act === 'POST return-to-bot') { move(c, 'bot', null, '人工客服先忙到这里，接下来由智能客服小安继续为您服务。需要人工随时说。'); return ok(detail(c)) }
    if (act === 'POST transfer') { move(c, 'queued', null, '正在为您转给更合适的同事，请稍等，之前说过的内容不用再重复。'); return ok(detail(c)) }
    if (act === 'POST close') { move(c, 'closed', null, '本次会话已结束，感谢您的耐心。之后有任何问题，直接在这里留言就行。'); return ok(detail(c)) }
    if (act === 'POST clear-emergency') { c.triage.certainty = 'cleared'; c.priority = 'normal'; changed(c); return ok(detail(c)) }
    return fail(404, 'not_found', 'no such route')
  }
  if ((m = /^attachments\/(.+)$/.exec(path))) return { status: 200, bytes: uploads.get(`${m[1]}:bytes`), mime: uploads.get(m[1])?.mime }
  if (!me) return fail(401, 'not_signed_in', 'sign in first')
  if (route === 'GET auth/me') return ok({ staff: me })
  if (route === 'POST auth/logout') { sessions.delete(token); return ok(null, 204) }
  if (route === 'GET desk/conversations') {
    const all = [...conversations.values()]
    const search = query.get('search') ?? ''
    const counts = Object.fromEntries(['queue', 'mine', 'bot', 'closed', 'all'].map((v) => [v, all.filter((c) => inView(c, v, me)).length]))
    const items = all.filter((c) => inView(c, query.get('view'), me))
      .filter((c) => !search || JSON.stringify([c.customer, c.messages.map((x) => x.text)]).includes(search))
      .sort((a, b) => RANK[a.priority] - RANK[b.priority] || (a.queued_at ?? '').localeCompare(b.queued_at ?? ''))
      .map(summary)
    return ok({ items, counts })
  }
  if (route === 'GET pages') return ok({ items: pages.filter((p) => !p.acknowledged_at) })
  if ((m = /^pages\/([^/]+)\/acknowledge$/.exec(path))) {
    const entry = pages.find((p) => p.id === m[1])
    Object.assign(entry, { acknowledged_at: now(), acknowledged_by: me.display_name })
    broadcast({ type: 'page_acknowledged', page: entry })
    return ok(entry)
  }
  if (route === 'GET staff/present') return ok({ items: STAFF.slice(0, 3) })
  if (route === 'GET staff') return ok({ items: STAFF.map((one) => ({ skills: [], ...one })) })
  if (route === 'GET staff/skills') return ok({ items: [['refrigeration', '制冷设备'], ['gas_safety', '燃气安全'], ['billing', '费用与发票']].map(([id, title]) => ({ id, title, categories: [], products: [] })) })
  if (route === 'POST staff') {
    if (me.role !== 'admin') return fail(403, 'not_allowed', 'admins only')
    const staff = { id: nextId('st'), username: input.username, display_name: input.display_name, role: input.role }
    STAFF.push(staff)
    return ok({ staff, password: 'kx7-Qm2-vT9' }, 201)
  }
  if (route === 'POST assist/suggestions') {
    const c = conversations.get(input.conversation_id)
    const fits = c?.id === 'cv_washer' || c?.id === 'cv_co'
    return ok({
      query: c?.messages.filter((x) => x.sender === 'customer').at(-1)?.text ?? '', abstained: !fits, solutions: fits ? SOLUTIONS : [],
      empathy: fits ? EMPATHY : EMPATHY.slice(2), facts: [{ label: '产品', value: '洗衣机 AXW-1080' }, { label: '购买', value: '2024-11-05，保内' }],
      ask_next: ['方便上门的时间', '联系电话'], took_ms: 38,
    })
  }
  if (route === 'POST assist/draft-check') {
    const words = '有结果会通知您的'
    const at = Array.from(input.text.split(words)[0]).length
    const warning = { kind: 'no_time', start: at, end: at + words.length, words, why: '让客户等却没说等到几时，他会一直悬着。', better: '24小时内给您回复' }
    return ok({ warnings: input.text.includes(words) ? [warning] : [], took_ms: 2 })
  }
  if (route === 'POST assist/feedback') return ok(null, 204)
  if (route === 'POST cases/search') {
    const hits = SOLUTIONS.map((s, i) => ({
      case: { id: s.case_id, title: s.title, product: s.product, model: 'AXW-1080', fault_code: 'E2', category: 'repair_delay', solution_steps: s.steps, customer_statement: ['洗衣机不排水'], outcome: s.outcome, compensation: s.compensation, tags: ['排水'], status: 'published' },
      score: s.score, rank: i + 1, reasons: s.reasons,
    }))
    return ok({ hits: /E2|排水|洗衣/.test(input.query) ? hits : [], abstained: !/E2|排水|洗衣/.test(input.query), took_ms: 21 })
  }
  return fail(404, 'not_found', 'no such route')
}

const MIME = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const PHOTO = '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><rect width="640" height="480" fill="#dfe5e8"/><rect x="220" y="120" width="200" height="240" rx="18" fill="#fff" stroke="#9aa7ae" stroke-width="4"/><circle cx="285" cy="220" r="9" fill="#394850"/><circle cx="355" cy="220" r="9" fill="#394850"/><rect x="308" y="270" width="24" height="34" rx="5" fill="#394850"/></svg>'

async function file(path, response) {
  const known = { '/': 'shop/index.html', '/widget.js': 'widget/dist/widget.js' }[path]
  const target = known ?? (path.startsWith('/desk/') ? `desk/dist/${normalize(path.slice(6)) || 'index.html'}` : null)
  const name = target === 'desk/dist/.' ? 'desk/dist/index.html' : target
  if (path === '/mock/photo.svg') return response.writeHead(200, { 'content-type': MIME['.svg'] }).end(PHOTO)
  if (!name) return response.writeHead(404).end()
  try {
    const bytes = await readFile(join(WEB, name))
    response.writeHead(200, { 'content-type': MIME[extname(name)] ?? 'application/octet-stream' }).end(bytes)
  } catch {
    response.writeHead(404).end('not built')
  }
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://mock')
  if (url.pathname.startsWith('/mock/') && request.method === 'POST') {
    const input = await body(request)
    if (url.pathname === '/mock/say') push(conversations.get(url.searchParams.get('id')), { sender: 'customer', ...input })
    if (url.pathname === '/mock/change') broadcast(changeElsewhere(url.searchParams.get('no')))
    if (url.pathname === '/mock/page') page('cv_co', 'emergency', 'gas_leak', '厨房一股煤气味，灶关了还有', 'everyone')
    if (url.pathname === '/mock/http') lines.http = url.searchParams.get('up') === '1'
    if (url.pathname === '/mock/lines') {
      lines.up = url.searchParams.get('up') === '1'
      if (!lines.up) [...desks, ...[...customers.values()].flatMap((set) => [...set])].forEach((line) => line.terminate())
    }
    return response.writeHead(204).end()
  }
  if (!url.pathname.startsWith('/api/v1/')) return file(url.pathname, response)
  if (!lines.http) return request.socket.destroy()
  const answer = await api(request.method, url.pathname.slice(8), url.searchParams, request)
  if (answer.bytes) return response.writeHead(200, { 'content-type': answer.mime }).end(answer.bytes)
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
  response.end(answer.json === null ? undefined : JSON.stringify(answer.json))
})

const sockets = new WebSocketServer({ noServer: true })
server.on('upgrade', (request, socket, head) => {
  if (!lines.up) return socket.destroy()
  const url = new URL(request.url, 'http://mock')
  sockets.handleUpgrade(request, socket, head, (line) => {
    if (url.pathname.endsWith('/ws/desk')) {
      desks.add(line)
      send(line, { type: 'ping' })
      line.on('close', () => desks.delete(line))
      return
    }
    const c = [...conversations.values()].find((x) => x.token === url.searchParams.get('token'))
    if (!c) return line.close(4401)
    customers.set(c.id, (customers.get(c.id) ?? new Set()).add(line))
    line.on('close', () => customers.get(c.id).delete(line))
    const after = Number(url.searchParams.get('after') ?? 0)
    c.messages.filter((x) => x.seq > after).forEach((message) => send(line, { type: 'message', message }))
    send(line, { type: 'state', conversation: shown(c) })
    line.on('message', (raw) => {
      if (JSON.parse(raw).type === 'typing') broadcast({ type: 'typing', conversation_id: c.id })
    })
  })
})
setInterval(() => [...desks, ...[...customers.values()].flatMap((set) => [...set])].forEach((line) => send(line, { type: 'ping' })), 20_000)
server.listen(PORT, () => console.log(`mock on http://localhost:${PORT}`))
