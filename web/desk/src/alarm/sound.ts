/** Sounds made with WebAudio, so that no file has to be loaded when it matters. */

const REPEAT_MS = 2600

let context: AudioContext | null = null
let ringing: ReturnType<typeof setInterval> | undefined

function audio(): AudioContext {
  context ??= new AudioContext()
  return context
}

function tone(frequency: number, startS: number, lengthS: number, loudness: number): void {
  const ctx = audio()
  const start = ctx.currentTime + startS
  const oscillator = ctx.createOscillator()
  const gain = ctx.createGain()
  oscillator.type = 'triangle'
  oscillator.frequency.value = frequency
  gain.gain.setValueAtTime(0, start)
  gain.gain.linearRampToValueAtTime(loudness, start + 0.015)
  gain.gain.setValueAtTime(loudness, start + lengthS - 0.05)
  gain.gain.linearRampToValueAtTime(0, start + lengthS)
  oscillator.connect(gain).connect(ctx.destination)
  oscillator.start(start)
  oscillator.stop(start + lengthS)
}

function alarmOnce(): void {
  for (const at of [0, 0.42, 0.84]) {
    tone(988, at, 0.18, 0.4)
    tone(740, at + 0.19, 0.18, 0.4)
  }
}

/** Browsers stay silent until a gesture; call this inside one. Gives whether sound is possible. */
export async function unlockSound(): Promise<boolean> {
  const ctx = audio()
  if (ctx.state === 'suspended') await ctx.resume().catch(() => undefined)
  return ctx.state === 'running'
}

/** Whether the browser still waits for a gesture. Creates nothing. */
export function soundBlocked(): boolean {
  return context !== null && context.state === 'suspended'
}

export function startAlarm(): void {
  if (ringing !== undefined) return
  alarmOnce()
  ringing = setInterval(alarmOnce, REPEAT_MS)
}

export function stopAlarm(): void {
  clearInterval(ringing)
  ringing = undefined
}

/** A soft note for a new message or somebody new in the queue. */
export function chime(): void {
  if (soundBlocked()) return
  tone(660, 0, 0.16, 0.12)
  tone(880, 0.12, 0.22, 0.1)
}
