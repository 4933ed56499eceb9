import { describe, expect, it } from 'vitest'
import { secondsLeft, share, span, toneOf } from '../desk/src/complaints/countdown'
import { changedFrom, plainDetail, shownEntries, toldIn } from '../desk/src/complaints/entries'
import { fitness } from '../desk/src/complaints/files'
import { mentioned } from '../desk/src/complaints/mentions'
import { quickMoments } from '../desk/src/complaints/moments'
import { fen, yuan } from '../desk/src/complaints/money'
import { looksLikePhone } from '../desk/src/complaints/phones'
import { chainFault, trimmed } from '../desk/src/complaints/whys'
import en from '../desk/src/i18n/en'
import zh from '../desk/src/i18n/zh-CN'
import { entry } from './complaints'

describe('deadlines', () => {
  const noon = Date.parse('2025-11-05T12:00:00Z')

  it('counts down to a deadline and up after it', () => {
    expect(secondsLeft('2025-11-05T12:30:00Z', noon)).toBe(1800)
    expect(secondsLeft('2025-11-05T11:59:00Z', noon)).toBe(-60)
  })

  it('is read in hours within two days and in days beyond', () => {
    expect(span(-61)).toBe('1:01')
    expect(span(47 * 3600)).toBe('47:00:00')
    expect(span(3 * 86_400 + 7200)).toBe('3 天 2 小时')
    expect(span(3 * 86_400 + 7200, 'en')).toBe('3 d 2 h')
  })

  it('turns red by the clock on the wall, before the service has noticed', () => {
    expect(toneOf('running', -1)).toBe('red')
    expect(toneOf('warned', 60)).toBe('amber')
    expect(toneOf('paused', null)).toBe('grey')
    expect(toneOf('running', 60)).toBe('')
  })

  it('fills its bar by the wall, and by the time used while it is paused', () => {
    const clock = { started_at: '2025-11-05T11:00:00Z', due_at: '2025-11-05T13:00:00Z', budget_s: 100, used_s: 30 }
    expect(share(clock, noon)).toBe(0.5)
    expect(share({ ...clock, due_at: null }, noon)).toBe(0.3)
    expect(share(clock, noon + 86_400_000)).toBe(1)
  })
})

describe('money as typed', () => {
  it.each([['500', 50_000], ['500.5', 50_050], ['¥1,200.00', 120_000], ['１２０元', 12_000], [' 0.07 ', 7]])('%s', (typed, sum) => {
    expect(fen(typed)).toBe(sum)
  })

  it.each(['', '五百', '1.234', '-5', '1e3', '500 左右'])('“%s” is no amount', (typed) => {
    expect(fen(typed)).toBeNull()
  })

  it('is shown with fen only where there are any', () => {
    expect(yuan(1200)).toBe('¥1,200')
    expect(yuan(1200.5)).toBe('¥1,200.50')
  })
})

describe('a chain of whys', () => {
  it('may be one answer long and needs an end', () => {
    expect(chainFault(['泵堵了'], null)).toBe('no_end')
    expect(chainFault(['泵堵了', '', ''], 'unknown')).toBeNull()
  })

  it('has no hole', () => {
    expect(chainFault(['泵堵了', ' ', '没有保养'], 'management')).toBe('gap')
    expect(chainFault(['', ''], 'management')).toBe('empty')
  })

  it('is cut at five', () => {
    expect(trimmed(['1', '2', '3', '4', '5', '6'])).toHaveLength(5)
  })
})

describe('a note', () => {
  const staff = [{ id: 'a', display_name: '林晓' }, { id: 'b', display_name: '林晓晓' }, { id: 'c', display_name: '周敏' }]

  it('calls the colleagues that it names, each once', () => {
    expect(mentioned('@周敏 看一下，@周敏 急', staff)).toEqual(['c'])
  })

  it('takes the longer of two names that begin alike', () => {
    expect(mentioned('@林晓晓 在吗', staff)).toEqual(['b'])
  })

  it('calls nobody by an address', () => {
    expect(mentioned('service@example.com', staff)).toEqual([])
  })
})

describe('the timeline', () => {
  const all = [entry(1, 'received', { visible_to: 'customer' }), entry(2, 'noted'), entry(3, 'clock_warned'), entry(4, 'clock_breached')]

  it('is read newest first, without what only ticks', () => {
    expect(shownEntries(all, 'everyone', false).map((one) => one.id)).toEqual([4, 2, 1])
    expect(shownEntries(all, 'everyone', true).map((one) => one.id)).toEqual([4, 3, 2, 1])
  })

  it('shows what the customer sees, and notes alone', () => {
    expect(shownEntries(all, 'customer', true).map((one) => one.id)).toEqual([1])
    expect(shownEntries(all, 'notes', true).map((one) => one.id)).toEqual([2])
  })

  it('tells what an edit changed and what the customer was told', () => {
    expect(changedFrom({ before: { place: '', product: '冰箱' } })).toEqual([['place', ''], ['product', '冰箱']])
    expect(changedFrom({})).toEqual([])
    expect(toldIn({ text: '明天上门', told: false })).toBe('明天上门')
  })

  it('leaves ids and nested values out', () => {
    expect(plainDetail({ amount: 300, request_id: 'x', evidence: 'evi_01m81me5seaqddkrhs2cyjrzv3', due_at: null, fields: ['a', 'b'], deep: { a: 1 } })).toEqual([['amount', '300'], ['fields', 'a、b']])
  })
})

describe('evidence', () => {
  it('is taken as image, PDF or MP4 under its limit', () => {
    expect(fitness({ name: 'a.jpg', type: 'image/jpeg', size: 5_000_000 })).toBeNull()
    expect(fitness({ name: 'IMG_1.HEIC', type: '', size: 5_000_000 })).toBeNull()
    expect(fitness({ name: 'a.exe', type: 'application/x-msdownload', size: 5 })?.why).toBe('wrongKind')
    expect(fitness({ name: 'a.png', type: 'image/png', size: 1e9 })?.why).toBe('tooLarge')
  })
})

describe('promised moments', () => {
  it('never lie behind', () => {
    const evening = new Date(2025, 10, 5, 19, 10)
    expect(quickMoments(evening).map((one) => one.name)).toEqual(['twoHours', 'tomorrowMorning', 'tomorrowEvening'])
    expect(quickMoments(evening)[0]?.at).toEqual(new Date(2025, 10, 5, 21, 30))
  })
})

describe('a phone number', () => {
  it.each(['13800001234', '138 0000 1234', '+86 138-0000-1234', '１３８００００１２３４'])('%s', (typed) => {
    expect(looksLikePhone(typed)).toBe(true)
  })

  it.each(['1380000123', '010-88886666', '12800001234', ''])('“%s” is none', (typed) => {
    expect(looksLikePhone(typed)).toBe(false)
  })
})

describe('the languages', () => {
  const keys = (value: unknown, path = ''): string[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => keys(inner, `${path}.${key}`))
      : [path]

  it('have the same words', () => {
    expect(keys(en).sort()).toEqual(keys(zh).sort())
  })
})
