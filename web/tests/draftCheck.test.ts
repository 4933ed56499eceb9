import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CHECK_AFTER_MS, DraftWatch, nameOf, placeOf, type DraftWarning } from '@shared/draftCheck'

const warning = (words: string, start = 0): DraftWarning => ({
  kind: 'no_time',
  start,
  end: start + Array.from(words).length,
  words,
  why: '',
  better: '24小时内给您回复',
})

describe('DraftWatch', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('asks once typing rests, about what stands there then', async () => {
    const ask = vi.fn(async () => [warning('会回复您')])
    const show = vi.fn()
    const watch = new DraftWatch(ask, show)
    watch.typed('会回')
    await vi.advanceTimersByTimeAsync(CHECK_AFTER_MS - 1)
    watch.typed('会回复您')
    await vi.advanceTimersByTimeAsync(CHECK_AFTER_MS)
    expect(ask.mock.calls).toEqual([['会回复您']])
    expect(show).toHaveBeenCalledWith([warning('会回复您')])
  })

  it('drops an answer about words that are no longer there', async () => {
    const answers: ((found: DraftWarning[]) => void)[] = []
    const show = vi.fn()
    const watch = new DraftWatch(() => new Promise((resolve) => answers.push(resolve)), show)
    watch.typed('会回复您')
    await vi.advanceTimersByTimeAsync(CHECK_AFTER_MS)
    watch.typed('今天三点回复您')
    await vi.advanceTimersByTimeAsync(CHECK_AFTER_MS)
    answers[1]?.([])
    answers[0]?.([warning('会回复您')])
    await vi.runAllTimersAsync()
    expect(show.mock.calls).toEqual([[[]]])
  })

  it('shows nothing for an empty draft, after a stop, or when the check fails', async () => {
    const show = vi.fn()
    const watch = new DraftWatch(async () => Promise.reject(new Error('down')), show)
    watch.typed(' ')
    expect(show).toHaveBeenLastCalledWith([])
    watch.typed('会回复您')
    await vi.advanceTimersByTimeAsync(CHECK_AFTER_MS)
    expect(show.mock.calls).toEqual([[[]], [[]]])
    watch.typed('再写一句')
    watch.stop()
    await vi.runAllTimersAsync()
    expect(show).toHaveBeenCalledTimes(2)
  })
})

describe('the place of warned words', () => {
  it('counts an emoji as one sign, as the API does', () => {
    expect(placeOf('😀好，会回复您', warning('会回复您', 3))).toEqual({ start: 4, end: 8 })
  })

  it('is nowhere once the words have changed', () => {
    expect(placeOf('好，会回复他', warning('会回复您', 2))).toBeNull()
  })

  it('does not matter for knowing a warning again', () => {
    expect(nameOf(warning('会回复您', 2))).toBe(nameOf(warning('会回复您', 9)))
  })
})
