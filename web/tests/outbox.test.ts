import { beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '@shared/contract'
import { RequestError } from '../widget/src/api'
import { Outbox, type Entry, type Hooks } from '../widget/src/outbox'
import { message } from './messages'

const NOW = new Date('2025-11-05T02:00:00Z')
const GONE = () => new RequestError(0, 'no_connection', '')

class FakeService {
  heard: string[] = []
  failures: RequestError[] = []
  lost = 0
  delays: number[] = []
  isOnline = true
  readonly kept = new Map<string, string>()
  readonly store = {
    getItem: (key: string) => this.kept.get(key) ?? null,
    setItem: (key: string, value: string) => void this.kept.set(key, value),
  }

  readonly hooks: Hooks = {
    transmit: (entry) => this.take(entry),
    changed: () => undefined,
    delivered: () => undefined,
    lost: () => (this.lost += 1),
    later: (ms) => this.delays.push(ms),
    online: () => this.isOnline,
  }

  outbox(): Outbox {
    return new Outbox(this.store, 'outbox', this.hooks)
  }

  private async take(entry: Entry): Promise<Message> {
    const failure = this.failures.shift()
    if (failure) throw failure
    this.heard.push(entry.text)
    return message(this.heard.length, {
      text: entry.text,
      client_message_id: entry.client_message_id,
    })
  }
}

let service: FakeService

beforeEach(() => {
  service = new FakeService()
})

describe('outbox', () => {
  it('sends in the order of writing and forgets what is confirmed', async () => {
    const outbox = service.outbox()
    outbox.add('a', '一', null, NOW)
    outbox.add('b', '二', null, NOW)
    outbox.add('c', '三', null, NOW)
    await outbox.flush()
    expect(service.heard).toEqual(['一', '二', '三'])
    expect(outbox.list).toEqual([])
  })

  it('keeps what was written without network, also over a reload, and sends it once back', async () => {
    service.isOnline = false
    service.failures = [GONE(), GONE(), GONE(), GONE()]
    const before = service.outbox()
    before.add('a', '断网时写的', null, NOW)
    before.add('b', '第二句', null, NOW)
    for (let turn = 0; turn < 4; turn += 1) await before.flush()
    expect(service.heard).toEqual([])
    expect(before.list.map((entry) => entry.state)).toEqual(['waiting', 'waiting'])

    service.isOnline = true
    service.failures = []
    const after = service.outbox()
    await after.flush()
    expect(service.heard).toEqual(['断网时写的', '第二句'])
  })

  it('tells the customer after three tries, holds the order, and sends on retry', async () => {
    service.failures = [GONE(), GONE(), GONE()]
    const outbox = service.outbox()
    outbox.add('a', '一', null, NOW)
    outbox.add('b', '二', null, NOW)
    for (let turn = 0; turn < 5; turn += 1) await outbox.flush()
    expect(outbox.list.map((entry) => entry.state)).toEqual(['failed', 'waiting'])
    outbox.revive()
    await outbox.flush()
    expect(service.heard).toEqual(['一', '二'])
  })

  it('passes over what the service will never take', async () => {
    service.failures = [new RequestError(422, 'invalid_input', '')]
    const outbox = service.outbox()
    outbox.add('a', '坏的', null, NOW)
    outbox.add('b', '好的', null, NOW)
    await outbox.flush()
    expect(service.heard).toEqual(['好的'])
    expect(outbox.list.map((entry) => entry.state)).toEqual(['refused'])
    outbox.discard('a')
    expect(outbox.list).toEqual([])
  })

  it('waits as long as the service asks when it is too fast, without giving up', async () => {
    const slow = () => new RequestError(429, 'too_many_requests', '', 7)
    service.failures = [slow(), slow(), slow(), slow()]
    const outbox = service.outbox()
    outbox.add('a', '一', null, NOW)
    for (let turn = 0; turn < 4; turn += 1) await outbox.flush()
    expect(service.delays).toEqual([7000, 7000, 7000, 7000])
    expect(outbox.list[0]?.state).toBe('waiting')
  })

  it('keeps the text when the conversation is gone', async () => {
    service.failures = [new RequestError(404, 'not_found', '')]
    const outbox = service.outbox()
    outbox.add('a', '别丢了', null, NOW)
    await outbox.flush()
    expect(service.lost).toBe(1)
    await outbox.flush()
    expect(service.heard).toEqual(['别丢了'])
  })

  it('does not drag an attachment into another conversation for ever', async () => {
    service.failures = [new RequestError(404, 'not_found', '')]
    const attachment = { id: 'at', mime: 'image/png', size: 1, name: 'a.png', url: '/a' }
    const outbox = service.outbox()
    outbox.add('a', '', attachment, NOW)
    await outbox.flush()
    expect(service.lost).toBe(0)
    expect(outbox.list[0]?.state).toBe('refused')
  })

  it('drops an entry that arrived although its answer was lost', () => {
    service.isOnline = false
    service.failures = [GONE()]
    const outbox = service.outbox()
    outbox.add('a', '一', null, NOW)
    outbox.confirm([message(4, { client_message_id: 'a' })])
    expect(outbox.list).toEqual([])
  })

  it('leaves the entries of another tab alone', () => {
    service.isOnline = false
    service.failures = [GONE(), GONE()]
    const here = service.outbox()
    const there = service.outbox()
    here.add('a', '这边', null, NOW)
    there.add('b', '那边', null, NOW)
    expect(service.outbox().list.map((entry) => entry.text).sort()).toEqual(['这边', '那边'])
  })

  it('survives broken storage', () => {
    service.kept.set('outbox', '{not json')
    expect(service.outbox().list).toEqual([])
  })
})
