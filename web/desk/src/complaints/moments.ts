/** Moments that are promised most often. Pure; `now` is an argument, times are the browser's. */

export interface QuickMoment {
  name: 'twoHours' | 'tonight' | 'tomorrowMorning' | 'tomorrowEvening'
  at: Date
}

/** Two hours from now on the half hour, today 18:00 while it is ahead, tomorrow 10:00 and 18:00. */
export function quickMoments(now: Date): QuickMoment[] {
  const on = (days: number, hour: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour)
  const half = 30 * 60_000
  const soon = new Date(Math.ceil((now.getTime() + 4 * half) / half) * half)
  const all: QuickMoment[] = [
    { name: 'twoHours', at: soon },
    { name: 'tonight', at: on(0, 18) },
    { name: 'tomorrowMorning', at: on(1, 10) },
    { name: 'tomorrowEvening', at: on(1, 18) },
  ]
  return all.filter((one) => one.at > now)
}
