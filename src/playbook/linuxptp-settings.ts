import { suggest } from '../errors/suggest.ts'

/**
 * Settings that linuxptp's programs take as long options: ptp4l(8) and phc2sys(8) of 3.1, and what 4.0 to 4.4 have added.
 * They share one table, so each program takes them all.
 */
const settings = `
  allow_unauth active_key_id announceReceiptTimeout asCapable assume_two_step BMCA boundary_clock_jbod check_fup_sync
  clientOnly clockAccuracy clockClass clockIdentity clock_class_threshold clock_servo clock_type dataset_comparison
  delayAsymmetry delay_filter delay_filter_length delay_mechanism delay_response_timeout domainNumber dscp_event dscp_general
  egressLatency fault_badpeernet_interval fault_reset_interval first_step_threshold follow_up_info freq_est_interval
  free_running G.8275.defaultDS.localPriority G.8275.portDS.localPriority gmCapable hwts_filter hybrid_e2e
  ignore_source_id ignore_transport_specific ingressLatency inhibit_announce inhibit_delay_req inhibit_multicast_service
  initial_delay interface_rate_tlv kernel_leap leapfile logAnnounceInterval logMinDelayReqInterval logMinPdelayReqInterval
  logQueryInterval logSyncInterval logging_level manufacturerIdentity masterOnly maxStepsRemoved max_frequency message_tag
  min_neighbor_prop_delay msg_interval_request neighborPropDelayThresh net_sync_monitor network_transport ntpshm_segment
  offsetScaledLogVariance operLogPdelayReqInterval operLogSyncInterval p2p_dst_mac path_trace_enabled peer_address phc_index
  pi_integral_const pi_integral_exponent pi_integral_norm_max pi_integral_scale pi_proportional_const
  pi_proportional_exponent pi_proportional_norm_max pi_proportional_scale
  power_profile.2011.grandmasterTimeInaccuracy power_profile.2011.networkTimeInaccuracy
  power_profile.2017.totalTimeInaccuracy power_profile.grandmasterID power_profile.version priority1 priority2
  productDescription ptp_dst_mac ptp_minor_version refclock_sock_address revisionData sa_file sanity_freq_limit serverOnly
  servo_num_offset_values servo_offset_threshold slaveOnly slave_event_monitor socket_priority spp step_threshold
  step_window summary_interval syncReceiptTimeout table_id tc_spanning_tree timeSource time_stamping transportSpecific
  tsproc_mode ts2phc.channel twoStepFlag tx_timestamp_timeout udp6_scope udp_ttl uds_address uds_file_mode uds_ro_address
  uds_ro_file_mode unicast_listen unicast_master_table unicast_req_duration use_syslog userDescription utc_offset verbose
  write_phase_mode`
  .trim()
  .split(/\s+/)

/**
 * What a long option was meant to be that is none, but nearly one. A name that is like none of them may be one of a newer
 * linuxptp: the program itself will tell.
 */
export function misspeltSetting(word: string): { readonly name: string; readonly meant: string } | undefined {
  const name = /^--([^=]+)/.exec(word)?.[1]
  if (name === undefined || settings.includes(name)) return undefined
  const meant = suggest(name, settings)
  return meant === undefined ? undefined : { name, meant }
}
