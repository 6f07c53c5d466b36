"""Words that `registry.masking` knows: roles, placeholders, everyday words that are names too, surnames."""

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ROLES: Final = _words("""
    法定代表人 法人代表 法人 负责人 经营者 业主 店主 店长 老板 老板娘 经理 总经理 投资人 执行事务合伙人 联系人
    联络员 店员 员工 从业人员 服务员 收银员 厨师 值班员 值班人员 保安 见证人 证人 陪同人员 检查人员 执法人员
    检查员 签字人 当事人 举报人 投诉人 顾客 姓名 本人 会计 主任 科长 局长 所长 队长 股长 站长 同志 先生 女士
    小姐 师傅 老师 医生 总监 主管 总
""")
"""What people are called by what they do; never a name."""

PLACEHOLDERS: Final = frozenset(
    _words("""
    无 暂无 没有 不详 未知 不明 不清楚 待定 待补 待补充 待填 待核实 空 空缺 空白 无此人 同上 同左 某 某某 某人
    未填 未填写 未登记 未提供 未留 未留存 不适用 不愿提供 拒绝提供 拒绝 无法联系 无联系人 无名 匿名 测试 前台
    办公室 值班室 财务 客服 门卫 店内 店外 现场 本店 本单位 na n/a none null nil test xx xxx
""")
) | frozenset(ROLES)
"""What stands in a cell for a name that is not known; masks nothing."""

WORDS: Final = frozenset(
    _words("""
    万一 万全 万家 严格 严重 乐器 乐园 任何 任意 健康 储备 储存 光明 党建 全部 全面 公安 公正 包子 包装 单位
    单独 卫星 卫生 和平 商品 商场 国家 国庆 安全 安宁 安定 安静 完善 完整 宗教 家具 宿舍 封闭 常用 常规 干净
    平安 幸福 广告 应当 应急 建国 建设 强制 成功 成熟 成立 房产 房屋 整洁 文化 文明 方便 方向 方正 施工 时代
    时常 时间 明亮 明显 明确 易燃 易爆 检验 水平 水电 江山 清洁 温和 温度 牛奶 白酒 盛世 盛大 石材 石油 祥和
    程序 童装 管理 米面 经常 经营 羊肉 能源 花卉 花木 解决 解放 计划 许可 许多 路灯 车库 车间 边角 连续 通知
    通风 金属 金融 金额 长城 长期 长江 门店 项目 高压 高度 高明 高温 鱼类 麦田 黄金 齐全
""")
)
"""Somebody's name may be, and a finding may need them: read as a name only beside a role (负责人安全)."""

SURNAMES: Final = frozenset(
    "".join(
        _words("""
    王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈
    姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤
    常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟申耿关兰焦左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成
    苗谷曲盛冉蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费
    卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈
    匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴
    丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿
""")
    )
)
COMPOUND_SURNAMES: Final = frozenset(
    _words("""
    上官 东方 令狐 公孙 南宫 司徒 司马 呼延 夏侯 宇文 完颜 尉迟 慕容 欧阳 独孤 皇甫 端木 诸葛 轩辕 长孙
""")
)

TITLES: Final = _words("""
    总经理 副经理 经理 老板娘 老板 店长 店主 总监 先生 女士 小姐 师傅 老师 医生 主任 科长 局长 所长 队长
    股长 站长 会计 同志
""")
"""What follows a surname: 李经理."""
