import { describe, expect, it } from 'vitest'
import { reconnectDelay } from '@shared/backoff'
import { clock, dayLabel, fileSize, shortMoment } from '@shared/format'
import { splitLinks } from '@shared/links'
import { splitNumbered } from '@shared/numbered'

const NOW = new Date(2025, 10, 5, 15, 0)
const at = (year: number, month: number, day: number, hour = 9) =>
  new Date(year, month - 1, day, hour, 5).toISOString()

describe('clock', () => {
  it('reads like a clock at every length', () => {
    expect([-3, 0, 42, 725, 3729].map(clock)).toEqual(['0:00', '0:00', '0:42', '12:05', '1:02:09'])
  })
})

describe('days', () => {
  it('names near days and dates the others', () => {
    expect(dayLabel(at(2025, 11, 5), NOW)).toBe('今天')
    expect(dayLabel(at(2025, 11, 4, 23), NOW)).toBe('昨天')
    expect(dayLabel(at(2025, 11, 3), NOW)).toContain('11月3日')
    expect(dayLabel(at(2024, 11, 3), NOW)).toContain('2024')
    expect(dayLabel(at(2025, 11, 5), NOW, 'en')).toBe('Today')
  })

  it('is short in lists', () => {
    expect(shortMoment(at(2025, 11, 5), NOW)).toBe('09:05')
    expect(shortMoment(at(2025, 11, 4), NOW)).toBe('昨天')
    expect(shortMoment(at(2025, 3, 9), NOW)).toBe('3/9')
    expect(shortMoment(at(2024, 3, 9), NOW)).toBe('2024/3/9')
  })
})

describe('file sizes', () => {
  it('have the unit that people read', () => {
    expect([512, 84_213, 3_400_000].map(fileSize)).toEqual(['512 B', '82 KB', '3.2 MB'])
  })
})

describe('links', () => {
  it('finds http links between Chinese text and leaves its punctuation out', () => {
    expect(splitLinks('详见https://example.com/保修?a=1。谢谢')).toEqual([
      { text: '详见' },
      { text: 'https://example.com/保修?a=1', href: expect.stringContaining('example.com') },
      { text: '。谢谢' },
    ])
  })

  it('never makes a link of a script or of markup', () => {
    for (const text of ['javascript:alert(1)', '<img src=x onerror=alert(1)>', 'data:text/html,x']) {
      expect(splitLinks(text)).toEqual([{ text }])
    }
  })

  it('loses no character', () => {
    const text = '看 http://a.cn, 和 (https://b.cn/x).完'
    expect(splitLinks(text).map((part) => part.text).join('')).toBe(text)
  })
})

describe('safety advice', () => {
  it('is taken apart by lines', () => {
    const { lead, steps, tail } = splitNumbered('现在就做：\n1. 开窗\n2、关阀\n3）拨打 119\n别再开火。')
    expect(lead).toBe('现在就做：')
    expect(steps).toEqual(['开窗', '关阀', '拨打 119'])
    expect(tail).toBe('别再开火。')
  })

  it('is taken apart inside one line, and numbers in the text stay', () => {
    const { steps } = splitNumbered('1. 开窗通风 10 分钟。2. 拨打 120。3. 等 1.5 小时再进。')
    expect(steps).toEqual(['开窗通风 10 分钟。', '拨打 120。', '等 1.5 小时再进。'])
  })

  it('without numbers is one paragraph', () => {
    expect(splitNumbered('请离开现场').steps).toEqual([])
  })
})

describe('reconnecting', () => {
  it('doubles up to half a minute and is spread', () => {
    const middle = () => 0.5
    expect([0, 1, 2, 3].map((attempt) => reconnectDelay(attempt, middle))).toEqual([
      500, 1000, 2000, 4000,
    ])
    expect(reconnectDelay(20, middle)).toBe(30_000)
    expect(reconnectDelay(2, () => 0)).toBeLessThan(reconnectDelay(2, () => 1))
  })
})
