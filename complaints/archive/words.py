"""Chinese words for what a file holds in identifiers."""

from __future__ import annotations

from complaints.authority import ROLE_TITLES
from complaints.remedies import CATEGORY_TITLES, LEVEL_TITLES, RESPONSIBILITY_TITLES

STATES = {
    "received": "已收到",
    "registered": "已登记",
    "verified": "已核实",
    "assessed": "已评估",
    "planned": "已定方案",
    "awaiting_approval": "等待审批",
    "executing": "处理中",
    "resolved": "已解决",
    "confirmed": "客户已确认",
    "archived": "已归档",
    "rejected": "不予受理",
}
PRIORITIES = {"urgent": "紧急", "important": "重要", "general": "一般"}
CHANNELS = {
    "web": "网页",
    "wechat": "微信",
    "hotline": "热线",
    "app": "App",
    "store": "门店",
    "api": "外部系统",
}
NEEDS = {"resolution": "解决问题", "acknowledgement": "被认可", "fairness": "公平对待"}
MOTIVES = {
    "vent": "宣泄情绪",
    "recover_loss": "挽回损失",
    "extra_compensation": "额外补偿",
    "respect": "得到尊重",
    "habitual": "习惯性投诉",
}
CLOCKS = {
    "first_response": "首次响应",
    "plan": "初步方案",
    "investigation": "调查",
    "statement": "说明框架",
    "daily_progress": "每日进展",
    "follow_up": "回访",
    "observation": "观察期",
}
CLOCK_STATES = {
    "running": "计时中",
    "paused": "暂停",
    "warned": "将到期",
    "met": "按时",
    "breached": "超时",
    "stopped": "不再适用",
}
KINDS = {
    "cash": "现金",
    "coupon": "抵用券",
    "gift": "礼品",
    "repair": "免费维修",
    "extended_warranty": "延长保修",
    "replacement": "换新",
    "double_refund": "双倍退费",
    "other": "其他",
}
STATUSES = {"pending": "待审批", "approved": "已批准", "denied": "未批准", "withdrawn": "已撤回"}
ACTS = {
    "received": "收到投诉",
    "registered": "登记",
    "verified": "核实",
    "assessed": "评估",
    "planned": "制定方案",
    "awaiting_approval": "提交审批",
    "approved": "审批通过",
    "denied": "审批未通过",
    "executing": "开始处理",
    "resolved": "处理完毕",
    "confirmed": "客户确认",
    "archived": "归档",
    "rejected": "不予受理",
    "restored": "恢复受理",
    "reopened": "重新打开",
    "reprocessed": "再次处理",
    "edited": "修改资料",
    "taken": "接手",
    "assigned": "指派",
    "handed_over": "移交",
    "released": "放回",
    "prioritized": "调整优先级",
    "paused": "等待客户，暂停计时",
    "resumed": "恢复计时",
    "noted": "内部备注",
    "progress": "告知进展",
    "contact": "联系客户",
    "investigated": "调查",
    "statement": "说明框架",
    "measure_added": "增加措施",
    "measure_done": "措施完成",
    "rated": "客户评价",
    "rating_waived": "免评",
    "evidence_added": "添加证据",
    "customer_said": "客户留言",
    "clock_warned": "将到期提醒",
    "clock_breached": "超时",
    "clock_met": "按时完成",
    "observation_ended": "观察期结束",
    "observed": "观察期记录",
    "observation_alert": "观察期出现反复",
    "observation_alert_seen": "反复已有人跟进",
    "compensation_paid": "已付款",
    "escalated": "升级",
    "emergency_again": "再次报告紧急情况",
    "call_done": "回电完成",
    "revealed": "查看完整号码",
    "compensation_requested": "申请补偿",
    "compensation_granted": "权限内同意补偿",
    "compensation_approved": "批准补偿",
    "compensation_denied": "未批准补偿",
    "compensation_withdrawn": "撤回补偿申请",
}
CATEGORIES = CATEGORY_TITLES
RESPONSIBILITIES = RESPONSIBILITY_TITLES
LEVELS: dict[str, str] = {level.value: title for level, title in LEVEL_TITLES.items()}
ROLES = ROLE_TITLES | {"admin": "管理员", "trainer": "培训师", "system": "系统", "customer": "客户"}
