import { describe, expect, it } from 'vitest'
import { EMPTY, merge, missingAfter } from '@shared/timeline'
import { message } from './messages'

const seqs = (timeline: typeof EMPTY) => timeline.messages.map((one) => one.seq)

describe('timeline', () => {
  it('puts messages in order whatever order they arrive in', () => {
    const timeline = merge(EMPTY, [message(3), message(1), message(2)])
    expect(seqs(timeline)).toEqual([1, 2, 3])
    expect(timeline.upTo).toBe(3)
  })

  it('keeps each message once when it comes by websocket and by HTTP', () => {
    const once = merge(EMPTY, [message(1), message(2)])
    expect(merge(once, [message(2), message(1)])).toBe(once)
  })

  it('sees a hole and says what to ask for, until it is filled', () => {
    const holed = merge(EMPTY, [message(1), message(2), message(5)])
    expect(missingAfter(holed)).toBe(2)
    const filled = merge(holed, [message(3), message(4)])
    expect(missingAfter(filled)).toBeNull()
    expect(filled.upTo).toBe(5)
  })

  it('asks from the start when the first message seen is not the first', () => {
    expect(missingAfter(merge(EMPTY, [message(7)]))).toBe(0)
  })

  it('knows that messages are missing at the end when the service says so', () => {
    const timeline = merge(EMPTY, [message(1), message(2)])
    expect(missingAfter(timeline, 2)).toBeNull()
    expect(missingAfter(timeline, 4)).toBe(2)
  })

  it('takes a fresh link of an attachment', () => {
    const attachment = { id: 'at', mime: 'image/png', size: 1, name: 'a.png', url: '/old' }
    const before = merge(EMPTY, [message(1, { attachment })])
    const after = merge(before, [message(1, { attachment: { ...attachment, url: '/new' } })])
    expect(after.messages[0]?.attachment?.url).toBe('/new')
  })

  it('ends the same for any order of arrival in any cuts', () => {
    const all = [1, 2, 3, 4, 5, 6].map((seq) => message(seq))
    for (let round = 0; round < 50; round += 1) {
      const shuffled = [...all].sort(() => Math.random() - 0.5)
      const cut = Math.floor(Math.random() * all.length)
      const timeline = merge(merge(EMPTY, shuffled.slice(0, cut)), shuffled)
      expect(timeline.messages).toEqual(all)
      expect(timeline.upTo).toBe(6)
    }
  })
})
