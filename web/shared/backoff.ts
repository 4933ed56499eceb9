/** Delay in ms before reconnect number `attempt` (0 = first): 0.5, 1, 2 … 30 s, spread by ±25 %. */
export function reconnectDelay(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(30_000, 500 * 2 ** Math.min(attempt, 10))
  return Math.round(base * (0.75 + random() * 0.5))
}
