/** Times, spans and sizes as people read them. Pure; `now` is an argument. */

export type Language = 'zh-CN' | 'en'

/** A running clock: `0:42`, `12:05`, `1:02:09`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`
}

export function timeOfDay(iso: string, language: Language = 'zh-CN'): string {
  return new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(iso))
}

export function sameDay(a: string, b: string): boolean {
  const [x, y] = [new Date(a), new Date(b)]
  return (
    x.getFullYear() === y.getFullYear() &&
    x.getMonth() === y.getMonth() &&
    x.getDate() === y.getDate()
  )
}

/** `今天`, `昨天`, `11月3日 星期一`, and with the year when it is another one. */
export function dayLabel(iso: string, now: Date, language: Language = 'zh-CN'): string {
  const day = new Date(iso)
  const days = Math.round((midnight(now) - midnight(day)) / 86_400_000)
  if (days === 0) return language === 'en' ? 'Today' : '今天'
  if (days === 1) return language === 'en' ? 'Yesterday' : '昨天'
  return new Intl.DateTimeFormat(language, {
    month: language === 'en' ? 'short' : 'long',
    day: 'numeric',
    weekday: language === 'en' ? 'short' : 'long',
    ...(day.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  }).format(day)
}

/** Time today, otherwise the date: what a list has room for. */
export function shortMoment(iso: string, now: Date, language: Language = 'zh-CN'): string {
  if (sameDay(iso, now.toISOString())) return timeOfDay(iso, language)
  const day = new Date(iso)
  const days = Math.round((midnight(now) - midnight(day)) / 86_400_000)
  if (days === 1) return language === 'en' ? 'Yesterday' : '昨天'
  if (day.getFullYear() === now.getFullYear()) return `${day.getMonth() + 1}/${day.getDate()}`
  return `${day.getFullYear()}/${day.getMonth() + 1}/${day.getDate()}`
}

export function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

function midnight(moment: Date): number {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime()
}
