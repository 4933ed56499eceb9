/** How much of a deadline is left, as an agent reads it. Pure; `now` is an argument. */

import type { ClockState } from '@/api/complaintShapes'
import type { Language } from '@shared/format'
import { clock } from '@shared/format'

const HOUR_S = 3600
const DAY_S = 86_400

/** Seconds until `dueAt`; negative once it has passed. */
export function secondsLeft(dueAt: string, now: number): number {
  return Math.round((Date.parse(dueAt) - now) / 1000)
}

/** `12:05`, `3:20:11`, and from two days on `2 天 4 小时`; without a sign. */
export function span(seconds: number, language: Language = 'zh-CN'): string {
  const whole = Math.abs(seconds)
  if (whole < 2 * DAY_S) return clock(whole)
  const days = Math.floor(whole / DAY_S)
  const hours = Math.floor((whole % DAY_S) / HOUR_S)
  return language === 'en' ? `${days} d ${hours} h` : `${days} 天 ${hours} 小时`
}

/** How loud a deadline is: late red, warned amber, paused or over grey. */
export function toneOf(state: ClockState, left: number | null): '' | 'grey' | 'amber' | 'red' {
  if (state === 'met' || state === 'stopped' || state === 'paused') return 'grey'
  if (state === 'breached' || (left !== null && left < 0)) return 'red'
  return state === 'warned' ? 'amber' : ''
}

/** How much of the way from start to deadline is gone by the wall clock, 0-1. */
export function share(
  clock: { started_at: string; due_at: string | null; budget_s: number; used_s: number },
  now: number,
): number {
  const start = Date.parse(clock.started_at)
  const gone = clock.due_at
    ? (now - start) / Math.max(1, Date.parse(clock.due_at) - start)
    : clock.used_s / Math.max(1, clock.budget_s)
  return Math.min(1, Math.max(0, gone))
}
