import { describe, expect, it } from 'vitest'
import { belongsToIme, Composition, sendsMessage, SETTLE_MS } from '@shared/ime'

const enter = { key: 'Enter', keyCode: 13 }

describe('Enter in a composer', () => {
  it('sends when nothing is being composed', () => {
    expect(sendsMessage(enter)).toBe(true)
  })

  it('starts a new line with Shift, and does nothing of ours with Alt, Ctrl or Meta', () => {
    for (const held of ['shiftKey', 'altKey', 'ctrlKey', 'metaKey']) {
      expect(sendsMessage({ ...enter, [held]: true })).toBe(false)
    }
  })

  it('never sends while a candidate is being chosen', () => {
    expect(sendsMessage({ ...enter, isComposing: true })).toBe(false)
    expect(sendsMessage({ key: 'Enter', keyCode: 229 })).toBe(false)
  })

  it('does not send on other keys', () => {
    expect(sendsMessage({ key: 'a' })).toBe(false)
  })

  it('knows the confirming Enter that Safari reports after compositionend', () => {
    expect(belongsToIme(enter, 5)).toBe(true)
    expect(belongsToIme(enter, SETTLE_MS + 1)).toBe(false)
  })
})

describe('Composition', () => {
  it('follows a field through start, end and the moment after', () => {
    let now = 1000
    const composition = new Composition(() => now)
    expect(composition.sends(enter)).toBe(true)
    composition.start()
    expect(composition.sends(enter)).toBe(false)
    composition.end()
    now += 10
    expect(composition.sends(enter)).toBe(false)
    now += SETTLE_MS
    expect(composition.sends(enter)).toBe(true)
  })
})
