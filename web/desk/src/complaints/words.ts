/** The identifiers of complaints in the order in which people look for them (SPEC section 5). */

import type { ComplaintPriority, ComplaintState, ComplaintView } from '@/api/complaintShapes'

export const STATES = [
  'received', 'registered', 'verified', 'assessed', 'planned', 'awaiting_approval', 'executing',
  'resolved', 'confirmed', 'archived', 'rejected',
] as const satisfies readonly ComplaintState[]
export const VIEWS = [
  'open', 'mine', 'unassigned', 'overdue', 'escalated', 'waiting', 'watching', 'closed', 'all',
] as const satisfies readonly ComplaintView[]
export const PRIORITIES = ['urgent', 'important', 'general'] as const satisfies readonly ComplaintPriority[]
export const CATEGORIES = [
  'product_quality', 'service_attitude', 'response_speed', 'installation', 'repair_delay',
  'price_billing', 'delivery',
] as const
export const CHANNELS = ['hotline', 'store', 'app', 'web', 'wechat', 'api'] as const
export const RESPONSIBILITIES = ['company', 'third_party', 'customer', 'undetermined'] as const
export const NEEDS = ['resolution', 'acknowledgement', 'fairness'] as const
export const MOTIVES = ['vent', 'recover_loss', 'extra_compensation', 'respect', 'habitual'] as const
export const MONEY_KINDS = [
  'cash', 'coupon', 'gift', 'repair', 'extended_warranty', 'replacement', 'double_refund', 'other',
] as const
export const REMEDY_LEVELS = ['basic', 'advanced', 'premium'] as const
export const PRODUCTS = [
  '洗衣机', '干衣机', '冰箱', '空调', '电视', '燃气热水器', '电热水器', '油烟机', '燃气灶', '洗碗机', '净水器',
  '扫地机器人', '吸尘器', '微波炉', '蒸烤箱', '电饭煲', '空气净化器', '智能门锁', '手机', '笔记本电脑',
] as const
